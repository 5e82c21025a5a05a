// From what is wanted and what is, the steps that are safe now, most urgent first; none when all is as wanted or under
// way. Pure and total: it looks at nothing but the world given, and has an answer for every world. Every rule speaks of
// one thing and ignores what else goes on; `safe-now.ts` then holds back what something under way, or a limit, forbids.
import { isSameIncarnation, makeProblem } from '@bramble/contracts'
import type { DesiredInstance, InstanceId } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'
import { isExpired, planExpired } from './lease/plan-expiry.ts'
import { slotOf } from './ledger/records.ts'
import type { InstanceRecord, InstanceState } from './ledger/records.ts'
import type { World } from './observe.ts'
import { planCaptures } from './plan-captures.ts'
import { safeNow } from './safe-now.ts'
import type { Step } from './step.ts'

export function plan(world: World): Step[] {
  const wanted = world.desired && new Map(world.desired.instances.map((instance) => [instance.id, instance]))
  const domains = new Map(world.domains.map((domain) => [domain.slotId, domain]))
  const { kept = [], unwanted = [] } = Object.groupBy(world.instances.values(), ({ instance }) =>
    isWantedBy(wanted, instance) ? 'kept' : 'unwanted',
  )
  const expired = kept.filter(({ instance }) => isExpired(instance, world))

  return [
    ...[...unwanted, ...expired].flatMap((record) => planAbort(record.instance.id, world)),
    ...safeNow(world, [
      ...expired.flatMap((record) => planExpired(record, world)),
      ...unwanted.flatMap(planRemoval),
      ...kept.flatMap((record) => planKeeping(record, domains, world)),
      ...planNew(wanted, world),
      ...planCaptures(world),
      ...planOrphans(world),
    ]),
  ]
}

type Wanted = ReadonlyMap<InstanceId, DesiredInstance> | undefined

/** One that was replaced, and wanted here once more, is another VM than the one that was here before. */
function isWantedBy(wanted: Wanted, instance: DesiredInstance): boolean {
  const now = wanted?.get(instance.id)
  return wanted === undefined || (now !== undefined && isSameIncarnation(now, instance))
}

/** A launch that is no longer wanted, or allowed, is ended early where that can be done. */
function planAbort(id: InstanceId, { jobs }: World): Step[] {
  const job = jobs.get(id)
  const canEnd = job?.step.kind === 'start' || job?.step.kind === 'awaitReady'
  return canEnd && !job.isAborted ? [{ kind: 'abort', id }] : []
}

function planRemoval({ instance: { id }, state, untold }: InstanceRecord): Step[] {
  if (state.phase !== 'deleted') return [{ kind: 'delete', id }]
  return untold.length === 0 ? [{ kind: 'forget', id }] : []
}

/** What the host shows of a slot. Only a domain that ran, or may have, is worth keeping. */
type Seen = 'none' | 'neverRan' | 'paused' | 'running' | 'stopped'

const seenAs: Record<Domain['state'], Seen> = {
  incoming: 'neverRan',
  paused: 'paused',
  running: 'running',
  stopped: 'stopped',
}

function planKeeping(record: InstanceRecord, domains: ReadonlyMap<string, Domain>, world: World): Step[] {
  // Wanted again under the same id after it was deleted: once that is told and forgotten, it begins anew.
  if (record.state.phase === 'deleted') return planRemoval(record)
  if (record.state.phase !== 'failed' && isExpired(record.instance, world)) return []
  const slot = slotOf(record)
  const domain = slot && domains.get(slot.id)
  const seen = domain ? seenAs[domain.state] : 'none'
  const isAdopted = slot !== undefined && world.adopted.has(slot.id)
  const kind = nextFor[record.state.phase]({ seen, isAdopted, hasSlot: slot !== undefined })
  if (kind === undefined) return []
  const { id } = record.instance
  return [kind === 'fail' ? { kind, id, problem: stoppedProblem(record, seen) } : { kind, id }]
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

/** Of a document that was long on its way, some may not be started any more: until a later one renews, they wait. */
function planNew(wanted: Wanted, world: World): Step[] {
  const isFresh = (instance: DesiredInstance) => !world.instances.has(instance.id) && !isExpired(instance, world)
  const fresh = [...(wanted?.values() ?? [])].filter(isFresh)
  return fresh.map((instance) => ({ kind: 'allocate', instance }))
}

/** Only once a desired document is known: until then the ledger may be the one that is missing something. */
function planOrphans({ desired, instances, domains }: World): Step[] {
  if (desired === undefined) return []
  const known = new Set([...instances.values()].map((record) => slotOf(record)?.id))
  return domains.filter(({ slotId }) => !known.has(slotId)).map((domain) => ({ kind: 'destroyOrphan', domain }))
}
