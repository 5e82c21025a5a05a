import type { Inspection, NodeId, Timestamp } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'
import type { Job } from './jobs.ts'
import type { Ledger } from './ledger/ledger.ts'
import { slotOf } from './ledger/records.ts'
import type { CaptureRecord, InstanceRecord } from './ledger/records.ts'

export interface InspectionInput {
  node: NodeId
  at: Timestamp
  agentVersion: string
  ledger: Pick<Ledger, 'desired' | 'instances' | 'captures'>
  jobs: ReadonlyMap<string, Job>
  /** Undefined while the hypervisor cannot be asked. */
  domains: readonly Domain[] | undefined
  troubles: string[]
}

/** The node from inside, for people who wonder why it does what it does. Pure. */
export function inspect({ ledger, jobs, domains, ...rest }: InspectionInput): Inspection {
  const desired = ledger.desired()
  return {
    ...rest,
    ...(desired && {
      desired: {
        revision: desired.revision,
        instances: desired.instances.map(({ id }) => id),
        captures: desired.captures.map(({ id }) => id),
      },
    }),
    ledger: {
      instances: Array.from(ledger.instances().values(), describeInstance),
      captures: Array.from(ledger.captures().values(), describeCapture),
    },
    jobs: Array.from(jobs, ([of, { step, detail, progress }]) => ({
      step: step.kind,
      of,
      ...(detail !== undefined && { detail }),
      ...(progress && { progress }),
    })),
    ...(domains && {
      domains: domains.map(({ slotId, domainUuid, state }) => ({ slot: slotId, domainUuid, state })),
    }),
  }
}

function describeInstance(record: InstanceRecord): Inspection['ledger']['instances'][number] {
  const { instance, state, untold } = record
  const slot = slotOf(record)
  return {
    id: instance.id,
    name: instance.name,
    phase: state.phase,
    ...(slot && { slot: slot.id }),
    untoldFacts: untold.length,
  }
}

const describeCapture = ({ capture, outcome }: CaptureRecord): Inspection['ledger']['captures'][number] => ({
  id: capture.id,
  instance: capture.instance,
  outcome: outcome?.status ?? 'none',
})
