// What an instance that is wanted here needs next.
import { makeProblem } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'
import { isExpired } from './lease/plan-expiry.ts'
import { slotOf } from './ledger/records.ts'
import type { InstanceRecord, InstanceState } from './ledger/records.ts'
import type { World } from './observe.ts'
import type { Step } from './step.ts'

/** What the host shows of a slot. Only a domain that ran, or may have, is worth keeping. */
type Seen = 'none' | 'neverRan' | 'paused' | 'running' | 'stopped'

const seenAs: Record<Domain['state'], Seen> = {
  incoming: 'neverRan',
  paused: 'paused',
  running: 'running',
  stopped: 'stopped',
}

export function planKeeping(record: InstanceRecord, domain: Domain | undefined, world: World): Step | undefined {
  // Wanted again under the same id after it was deleted: once that is told and forgotten, it begins anew.
  if (record.state.phase === 'deleted') return planForgetting(record)
  if (record.state.phase !== 'failed' && isExpired(record.instance, world)) return undefined
  const slot = slotOf(record)
  const seen = domain ? seenAs[domain.state] : 'none'
  const isAdopted = slot !== undefined && world.adopted.has(slot.id)
  const kind = nextFor[record.state.phase]({ seen, isAdopted, hasSlot: slot !== undefined })
  if (kind === undefined) return undefined
  const { id } = record.instance
  return kind === 'fail' ? { kind, id, problem: stoppedProblem(record, seen) } : { kind, id }
}

interface Sight {
  seen: Seen
  isAdopted: boolean
  hasSlot: boolean
}

type Next = 'start' | 'clear' | 'adopt' | 'awaitReady' | 'fail' | 'release' | undefined

const isAlive = ({ seen }: Sight) => seen === 'running' || seen === 'paused'

/** What a wanted instance needs next, by how far it has come. */
const nextFor: Record<Exclude<InstanceState['phase'], 'deleted'>, (sight: Sight) => Next> = {
  // Running although the ledger does not say so: the agent was killed between the two.
  allocated: ({ seen }) => (seen === 'none' ? 'start' : seen === 'running' ? 'adopt' : 'clear'),
  started: (sight) => (!isAlive(sight) ? 'fail' : sight.isAdopted ? 'awaitReady' : 'adopt'),
  ready: (sight) => (!isAlive(sight) ? 'fail' : sight.isAdopted ? undefined : 'adopt'),
  // No retry: the master decides what follows a failure.
  failed: ({ hasSlot }) => (hasSlot ? 'release' : undefined),
}

const stoppedProblem = ({ instance }: InstanceRecord, seen: Seen) =>
  makeProblem(
    'guest_stopped',
    `The VM of ${instance.name} ${seen === 'none' ? 'is gone' : 'stopped'}; nothing here stopped it.`,
  )

export const planForgetting = ({ instance: { id }, untold }: InstanceRecord): Step | undefined =>
  untold.length === 0 ? { kind: 'forget', id } : undefined
