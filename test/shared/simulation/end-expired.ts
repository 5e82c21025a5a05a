import type { DesiredNode, InstanceId } from '@bramble/contracts'
import type { Clock } from '@bramble/kit'
import type { Slot } from '../../../services/node-agent/src/drivers/driver.ts'
import { slotOf } from '../../../services/node-agent/src/ledger/records.ts'
import type { HeardRecord, Instances } from '../../../services/node-agent/src/ledger/records.ts'

export interface Vm {
  slot: Slot
  instance: InstanceId
}

/** What a restart of the agent leaves. */
export interface Files {
  desired: DesiredNode | undefined
  heard: HeardRecord | undefined
}

interface Host {
  files: Files
  instances: Instances
  vms: Map<string, Vm>
  clock: Clock
}

/** The patience of scripts/lib/end-expired, and the time between two of its looks. */
const laterMs = 15_000

/** Ends in their time the VMs of an agent that dies now, by what it has last kept. */
export function endExpired({ files, instances, vms, clock }: Host): void {
  const kept = files.heard?.sentAtMs
  for (const record of instances.values()) {
    const { stopAfterSeconds } = record.instance
    const slot = slotOf(record)
    if (stopAfterSeconds === undefined || !slot) continue
    const atMs = (kept ?? 0) + stopAfterSeconds * 1000 + laterMs
    const isStill = () => files.heard?.sentAtMs === kept
    clock.after(Math.max(0, atMs - clock.monotonicMs()), () => void (isStill() && vms.delete(slot.id)))
  }
}
