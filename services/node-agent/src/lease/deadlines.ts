// Until when each VM may run without the master, in a file that outlives the agent: an agent that is dead ends no VM, and
// a VM belongs to libvirt, not to it. Where the file is read by scripts/lib/end-expired, that ends in its place what the
// agent did not. A line for each VM: the boot, the second of it (as of /proc/uptime), the slot.
import { createTask, writeDurably } from '@bramble/kit'
import type { Clock, Logger, Task } from '@bramble/kit'
import type { Ledger } from '../ledger/ledger.ts'
import { slotOf } from '../ledger/records.ts'
import type { Instances } from '../ledger/records.ts'
import type { Lease } from './lease.ts'
import { mayRun } from './plan-expiry.ts'

export interface DeadlinesOptions {
  path: string
  ledger: Pick<Ledger, 'instances' | 'onWrite'>
  lease: Pick<Lease, 'heard'>
  clock: Clock
  logger: Logger
}

export function keepDeadlines({ path, ledger, lease, clock, logger }: DeadlinesOptions): Task {
  let written: string | undefined
  const run = async () => {
    const text = describeDeadlines(ledger.instances(), lease.heard())
    if (text === written) return
    await writeDurably(text, { path, through: `${path}.new` })
    written = text
  }
  const task = createTask({ name: 'deadlines', run, periodMs: 60_000, minIntervalMs: 100 }, { clock, logger })
  ledger.onWrite(task.activate)
  return task
}

export function describeDeadlines(instances: Instances, { bootId, sentAtMs }: ReturnType<Lease['heard']>): string {
  const lines = [...instances.values()].flatMap((record) => {
    const { stopAfterSeconds } = record.instance
    const slot = slotOf(record)
    if (stopAfterSeconds === undefined || !slot || !mayRun(record)) return []
    const deadlineS = Math.max(0, Math.ceil(sentAtMs / 1000 + stopAfterSeconds))
    return [`${bootId} ${deadlineS} ${slot.id}\n`]
  })
  return lines.join('')
}
