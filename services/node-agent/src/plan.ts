// From what is wanted and what is, the steps that are safe now, most urgent first; none when all is as wanted or under
// way. Pure and total: it looks at nothing but the world given, and has an answer for every world. Every rule speaks of
// one thing and ignores what else goes on; `safe-now.ts` then holds back what something under way, or a limit, forbids.
import type { InstanceId } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'
import { isExpired, planExpired } from './lease/plan-expiry.ts'
import { slotOf } from './ledger/records.ts'
import type { InstanceRecord } from './ledger/records.ts'
import type { World } from './observe.ts'
import { planCaptures } from './plan-captures.ts'
import { planForgetting, planKeeping } from './plan-keeping.ts'
import { safeNow } from './safe-now.ts'
import type { Step } from './step.ts'
import { isWanted, wantedBy } from './wanted.ts'
import type { Wanted } from './wanted.ts'

export function plan(world: World): Step[] {
  const wanted = wantedBy(world.desired)
  const { unwanted, expired, keeping, kept, orphans } = lookThrough(world, wanted)

  return [
    ...[...unwanted, ...expired].flatMap((record) => planAbort(record.instance.id, world)),
    ...safeNow(world, [
      ...expired.flatMap((record) => planExpired(record, world)),
      ...unwanted.flatMap((record) => planRemoval(record) ?? []),
      ...keeping,
      ...(wanted?.size === kept ? [] : planNew(wanted, world)),
      ...planCaptures(world),
      ...planOrphans(orphans, world),
    ]),
  ]
}

interface Findings {
  unwanted: InstanceRecord[]
  expired: InstanceRecord[]
  /** How many are wanted, and what they need; most of them nothing. */
  kept: number
  keeping: Step[]
  /** Domains of slots that no record has. */
  orphans: Domain[]
}

/** Once, and with nothing made for an instance that is as wanted: of the hundreds of a node these are nearly all. */
function lookThrough(world: World, wanted: Wanted): Findings {
  const found: Findings = { unwanted: [], expired: [], kept: 0, keeping: [], orphans: [] }
  const sightings = new Map<string, Sighting>()
  for (const domain of world.domains) sightings.set(domain.slotId, { domain, isKnown: false })
  for (const record of world.instances.values()) {
    const slot = slotOf(record)
    const sighting = slot && sightings.get(slot.id)
    if (sighting) sighting.isKnown = true
    if (!isWanted(wanted, record.instance)) {
      found.unwanted.push(record)
      continue
    }
    found.kept += 1
    if (isExpired(record.instance, world)) found.expired.push(record)
    const step = planKeeping(record, sighting?.domain, world)
    if (step) found.keeping.push(step)
  }
  for (const { domain, isKnown } of sightings.values()) if (!isKnown) found.orphans.push(domain)
  return found
}

interface Sighting {
  domain: Domain
  isKnown: boolean
}

/** A launch that is no longer wanted, or allowed, is ended early where that can be done. */
function planAbort(id: InstanceId, { jobs }: World): Step[] {
  const job = jobs.get(id)
  const canEnd = job?.step.kind === 'start' || job?.step.kind === 'awaitReady'
  return canEnd && !job.isAborted ? [{ kind: 'abort', id }] : []
}

function planRemoval(record: InstanceRecord): Step | undefined {
  return record.state.phase === 'deleted' ? planForgetting(record) : { kind: 'delete', id: record.instance.id }
}

/** Of a document that was long on its way, some may not be started any more: until a later one renews, they wait. */
function planNew(wanted: Wanted, world: World): Step[] {
  const steps: Step[] = []
  for (const [id, instance] of wanted ?? []) {
    if (!world.instances.has(id) && !isExpired(instance, world)) steps.push({ kind: 'allocate', instance })
  }
  return steps
}

/** Only once a desired document is known: until then the ledger may be the one that is missing something. */
const planOrphans = (orphans: readonly Domain[], { desired }: World): Step[] =>
  desired === undefined ? [] : orphans.map((domain) => ({ kind: 'destroyOrphan', domain }))
