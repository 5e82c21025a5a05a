import fc from 'fast-check'
import type { DesiredInstance } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'
import type { CaptureRecord, InstanceRecord, InstanceState } from './ledger/records.ts'
import { slotOf } from './ledger/records.ts'
import type { World } from './observe.ts'
import { plan } from './plan.ts'
import { keyOf } from './step.ts'
import type { Step } from './step.ts'
import { captureOf, instanceOf, jobOf, recordOf, slotFor, stateOf, worldOf } from './world.fixture.ts'

const phases: InstanceState['phase'][] = ['allocated', 'started', 'ready', 'failed', 'deleted']
const domainStates: Domain['state'][] = ['incoming', 'running', 'paused', 'stopped']

/** One instance in any situation that a crash, a person or the master can bring about. */
const situation = fc.record({
  isWanted: fc.boolean(),
  isLimited: fc.boolean(),
  phase: fc.option(fc.constantFrom(...phases), { nil: undefined }),
  domain: fc.option(fc.constantFrom(...domainStates), { nil: undefined }),
  isAdopted: fc.boolean(),
  job: fc.constantFrom(undefined, undefined, 'start' as const, 'awaitReady' as const, 'delete' as const),
  isCaptureWanted: fc.boolean(),
  capture: fc.constantFrom('none' as const, 'begun' as const, 'failed' as const),
})
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never

const worlds = fc
  .record({
    situations: fc.array(situation, { maxLength: 8 }),
    hasDesired: fc.constantFrom(true, true, true, false),
    silentMs: fc.constantFrom(0, 59_999, 60_000, Infinity),
    limits: fc.record({ starts: fc.integer({ min: 1, max: 3 }), deletes: fc.constant(2), captures: fc.constant(1) }),
  })
  .map(makeWorld)

interface Surroundings extends Pick<World, 'limits' | 'silentMs'> {
  situations: Situation[]
  hasDesired: boolean
}

function makeWorld({ situations, hasDesired, limits, silentMs }: Surroundings): World {
  const instance = (number: number, { isLimited }: Situation) =>
    instanceOf(number, isLimited ? { stopAfterSeconds: 60 } : {})
  const each = situations.map((it, number) => ({ ...it, number, instance: instance(number, it) }))
  const captures = each.map((it) => ({ ...it, wish: captureOf(it.number, it.instance) }))
  return worldOf({
    limits,
    silentMs,
    wanted: hasDesired ? each.filter((it) => it.isWanted).map((it) => it.instance) : undefined,
    records: each.flatMap(({ phase, instance, number }) =>
      phase ? [recordOf(instance, stateOf(phase, slotFor(number)))] : [],
    ),
    domains: each.flatMap(({ domain, number }) => (domain ? [domainOf(number, domain)] : [])),
    adopted: each.filter((it) => it.isAdopted).map(({ number }) => slotFor(number).id),
    jobs: each.flatMap(({ job, phase, instance: { id } }) => (job && phase ? [jobOf({ kind: job, id })] : [])),
    captures: captures.filter((it) => it.isCaptureWanted).map((it) => it.wish),
    known: captures.flatMap(({ capture, wish }) => (capture === 'none' ? [] : [knownCapture(capture, wish)])),
  })
}

const domainOf = (number: number, state: Domain['state']): Domain => ({
  slotId: slotFor(number).id,
  domainUuid: slotFor(number).domainUuid,
  state,
})

const knownCapture = (status: 'begun' | 'failed', capture: CaptureRecord['capture']): CaptureRecord =>
  status === 'begun' ? { capture } : { capture, outcome: { status: 'failed', problem: {} as never } }

const isAlive = (state?: Domain['state']) => state === 'running' || state === 'paused'

const isExpired = ({ stopAfterSeconds }: DesiredInstance, { silentMs }: World) =>
  stopAfterSeconds !== undefined && silentMs >= stopAfterSeconds * 1000

const isWanted = (world: World, record: InstanceRecord) =>
  world.desired?.instances.some(({ id }) => id === record.instance.id) ?? true

/** A world in which everything is done at once and goes well. */
function carryOut(world: World, steps: Step[]): World {
  const instances = new Map(world.instances)
  const captures = new Map(world.captures)
  const domains = new Map(world.domains.map((domain) => [domain.slotId, domain]))
  const adopted = new Set(world.adopted)
  const become = (id: InstanceRecord['instance']['id'], phase: InstanceState['phase'], keepsSlot = true) => {
    const record = instances.get(id)!
    instances.set(id, { ...record, state: stateOf(phase, keepsSlot ? slotOf(record) : undefined) })
  }
  const dropDomain = (id: InstanceRecord['instance']['id']) => domains.delete(slotOf(instances.get(id)!)?.id ?? '')
  for (const step of steps) {
    switch (step.kind) {
      case 'abort':
        break
      case 'stop':
        dropDomain(step.id)
        become(step.id, 'failed')
        break
      case 'delete':
        dropDomain(step.id)
        become(step.id, 'deleted')
        break
      case 'forget':
        instances.delete(step.id)
        break
      case 'release':
        dropDomain(step.id)
        become(step.id, 'failed', false)
        break
      case 'adopt':
        adopted.add(slotOf(instances.get(step.id)!)!.id)
        if (instances.get(step.id)!.state.phase === 'allocated') become(step.id, 'started')
        break
      case 'fail':
        become(step.id, 'failed')
        break
      case 'clear':
        dropDomain(step.id)
        break
      case 'allocate': {
        const slot = { ...slotFor(0), id: `slot-of-${step.instance.id}` }
        instances.set(step.instance.id, recordOf(step.instance, stateOf('allocated', slot)))
        break
      }
      case 'start': {
        const { id: slotId, domainUuid } = slotOf(instances.get(step.id)!)!
        domains.set(slotId, { slotId, domainUuid, state: 'running' })
        adopted.add(slotId)
        become(step.id, 'started')
        break
      }
      case 'awaitReady':
        become(step.id, 'ready')
        break
      case 'capture':
      case 'failCapture':
        captures.set(step.capture.id, knownCapture('failed', step.capture))
        break
      case 'forgetCapture':
        captures.delete(step.id)
        break
      case 'destroyOrphan':
        domains.delete(step.domain.slotId)
    }
  }
  return { ...world, instances, captures, adopted, domains: [...domains.values()], jobs: new Map() }
}

function settle(start: World): World {
  let world: World = { ...start, jobs: new Map() }
  for (let passes = 0; passes < 100; passes += 1) {
    const steps = plan(world)
    if (steps.length === 0) return world
    world = carryOut(world, steps)
  }
  throw new Error(`not settled: ${JSON.stringify(plan(world))}`)
}

describe('plan, whatever the world', () => {
  it('settles, with every wanted instance ready or failed, or not begun if it may not run, and nothing else left', () => {
    fc.assert(
      fc.property(worlds, (start) => {
        const world = settle(start)
        if (!world.desired) return
        const mayWait = new Set(world.desired.instances.filter((it) => isExpired(it, world)).map(({ id }) => id))
        const present = new Set(world.instances.keys())
        expect(new Set([...present, ...mayWait])).toEqual(new Set(world.desired.instances.map(({ id }) => id)))
        for (const { instance, state } of world.instances.values())
          expect(isExpired(instance, world) ? ['failed'] : ['ready', 'failed']).toContain(state.phase)
        const alive = [...world.instances.values()].filter(({ state }) => state.phase === 'ready')
        expect(world.domains.map(({ slotId }) => slotId).sort()).toEqual(alive.map((it) => slotOf(it)!.id).sort())
        // Of what waits for the master nothing is taken yet.
        const due = world.desired.captures.filter(({ instance }) => present.has(instance) || !mayWait.has(instance))
        expect([...world.captures.keys()].sort()).toEqual(expect.arrayContaining(due.map(({ id }) => id)))
        expect(world.desired.captures.map(({ id }) => id)).toEqual(expect.arrayContaining([...world.captures.keys()]))
      }),
    )
  })

  it('never removes a wanted VM that is healthy', () => {
    const removing = new Set<Step['kind']>(['stop', 'delete', 'release', 'clear', 'fail', 'destroyOrphan', 'forget'])
    fc.assert(
      fc.property(worlds, (world) => {
        const removed = new Set(
          plan(world)
            .filter(({ kind }) => removing.has(kind))
            .map(keyOf),
        )
        for (const record of world.instances.values()) {
          const slot = slotOf(record)
          const domain = world.domains.find(({ slotId }) => slotId === slot?.id)
          const ran = record.state.phase === 'started' || record.state.phase === 'ready'
          if (!isWanted(world, record) || isExpired(record.instance, world)) continue
          if (!ran || !isAlive(domain?.state)) continue
          expect(removed.has(record.instance.id) || removed.has(slot!.id)).toBe(false)
        }
      }),
    )
  })

  it('never starts what runs, what another step works on, or one id twice', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const steps = plan(world).filter(({ kind }) => kind !== 'abort')
        const keys = steps.map(keyOf)
        expect(new Set(keys).size).toBe(keys.length)
        for (const key of keys) expect(world.jobs.has(key)).toBe(false)
        for (const step of steps) {
          if (step.kind !== 'start') continue
          const slot = slotOf(world.instances.get(step.id)!)!
          expect(world.domains.some(({ slotId }) => slotId === slot.id)).toBe(false)
        }
      }),
    )
  })

  it('begins nothing that may not run, and ends it whatever else works on it', () => {
    const beginning = new Set<Step['kind']>(['allocate', 'start', 'adopt', 'awaitReady'])
    fc.assert(
      fc.property(worlds, (world) => {
        const steps = plan(world)
        const begun = new Set(steps.filter(({ kind }) => beginning.has(kind)).map(keyOf))
        const ended = new Set(steps.flatMap((step) => (step.kind === 'stop' || step.kind === 'abort' ? [step.id] : [])))
        for (const record of world.instances.values()) {
          const { id } = record.instance
          if (!isWanted(world, record) || !isExpired(record.instance, world)) continue
          expect(begun.has(id)).toBe(false)
          const job = world.jobs.get(id)
          const isEnding = job?.step.kind === 'delete' || job?.isAborted
          const mayRun = record.state.phase !== 'failed' && record.state.phase !== 'deleted'
          if (mayRun && !isEnding) expect(ended.has(id)).toBe(true)
        }
      }),
    )
  })

  it('never takes a capture that was begun', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        for (const step of plan(world)) {
          if (step.kind === 'capture') expect(world.captures.has(step.capture.id)).toBe(false)
        }
      }),
    )
  })

  it('never touches its input', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const before = structuredClone(world)
        plan(world)
        expect(world).toEqual(before)
      }),
    )
  })
})
