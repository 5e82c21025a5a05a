import { eventually } from '@bramble/kit'
import type { Slot } from './drivers/driver.ts'
import { createSimulatedDriver } from './drivers/simulated/simulated-driver.ts'
import { makeBed, mortal } from './agent.fixture.ts'
import type { Bed } from './agent.fixture.ts'
import { captureOf, desiredOf, instanceOf } from './world.fixture.ts'

const a = instanceOf(1)
const phases = async (bed: Bed) =>
  [...(await bed.readLedger()).instances().values()].map(({ instance, state }) => `${instance.name} ${state.phase}`)
const settles = (bed: Bed, expected: string[]) =>
  eventually(async () => expect((await phases(bed)).sort()).toEqual(expected))

describe('an agent that starts again', () => {
  it('adopts what runs, without touching it, while the bus is down', async () => {
    await using bed = await makeBed()
    const first = await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await settles(bed, ['web-1 ready'])
    await first.stop()
    const before = [...bed.host.vms.values()]

    const down = () => Promise.reject(new Error('connection refused'))
    const bus = { ...bed.bus, subscribeDesired: down, publishReport: down, publishFact: down }
    const second = await bed.startAgent({ bus })
    await eventually(async () => {
      const told = (await bed.readLedger())
        .instances()
        .get(a.id)!
        .untold.map(({ verb }) => verb)
      expect(told).toContain('adopted')
    })
    expect([...bed.host.vms.values()]).toEqual(before)
    expect(bed.host.acts).toMatchObject({ start: 1, destroy: 0, ready: 1 })

    await second.stop()
    await bed.startAgent()
    await eventually(() => expect(bed.facts.map(({ verb }) => verb)).toContain('adopted'))
    expect(bed.host.acts).toMatchObject({ start: 1, destroy: 0 })
  })

  it('goes on probing a VM that ran but was not ready', async () => {
    await using bed = await makeBed({ readyMs: 60_000 })
    const first = await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await settles(bed, ['web-1 started'])
    await first.stop()
    bed.host.options.readyMs = 1
    await bed.startAgent()
    await settles(bed, ['web-1 ready'])
    expect(bed.host.acts).toMatchObject({ start: 1, destroy: 0 })
  })

  it('clears a slot whose domain never ran, and starts it again', async () => {
    await using bed = await makeBed({ startMs: 60_000 })
    const first = await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await settles(bed, ['web-1 allocated'])
    await first.stop()
    bed.host.options.startMs = 1
    const driver = createSimulatedDriver(bed.host)
    const { slot } = (await bed.readLedger()).instances().get(a.id)!.state as { slot: { id: string } }
    let left = [{ slotId: slot.id, domainUuid: 'u', state: 'incoming' as const }]
    await bed.startAgent({
      driver: {
        ...driver,
        listDomains: async () => [...left, ...(await driver.listDomains())],
        destroy: async (what) => {
          left = left.filter(({ slotId }) => slotId !== what.id)
          return driver.destroy(what)
        },
      },
    })
    await settles(bed, ['web-1 ready'])
    expect(bed.host.acts).toMatchObject({ start: 1, destroy: 1 })
    expect([...bed.host.vms.keys()]).toEqual([slot.id])
  })

  it('destroys VMs that no ledger knows, but only once it was told what it should do', async () => {
    await using bed = await makeBed()
    const driver = createSimulatedDriver(bed.host)
    const stranger = { id: 'stranger', domainUuid: 'u', forwards: [] }
    await driver.start({ instance: a, slot: stranger }, () => {})
    await bed.startAgent()
    await eventually(() => expect(bed.reports.length).toBeGreaterThan(0))
    expect(bed.host.vms.size).toBe(1)
    await bed.want(desiredOf(1, []))
    await eventually(() => expect(bed.host.vms.size).toBe(0))
  })

  it('never repeats a capture that was begun', async () => {
    await using bed = await makeBed()
    const capture = captureOf(1, a)
    const { storage, driver, kill } = mortal(bed)
    const taken = Promise.withResolvers<never>()
    const first = await bed.startAgent({ storage, driver: { ...driver, capture: () => taken.promise } })
    await bed.want(desiredOf(1, [a], [capture]))
    const known = async () => (await bed.readLedger()).captures().get(capture.id)
    await eventually(async () => expect(await known()).toEqual({ capture }))
    kill()
    taken.reject(new Error('this process is dead'))
    await first.stop()

    await bed.startAgent()
    await eventually(async () =>
      expect((await known())?.outcome).toMatchObject({ status: 'failed', problem: { code: 'capture_interrupted' } }),
    )
    expect(bed.host.acts.capture).toBe(0)
  })
})

// Two launches, a capture and a deletion: 17 writes to the disk in all, and the agent is killed at each.
describe.each(['before', 'after'] as const)('an agent killed just %s a write', (when) => {
  const kept = instanceOf(1)
  const dropped = instanceOf(2)
  const capture = captureOf(1, kept)
  const last = desiredOf(2, [kept], [capture])

  const checkFinished = async (bed: Bed) => {
    const ledger = await bed.readLedger()
    expect(await phases(bed)).toEqual(['web-1 ready'])
    expect(ledger.instances().get(kept.id)!.untold).toEqual([])
    expect(ledger.captures().get(capture.id)?.outcome).toBeDefined()
    return ledger
  }

  /** Plays it until the agent dies; true when it did. */
  const playUntilDeath = async (bed: Bed, at: number) => {
    const { storage, driver, isDead } = mortal(bed, at, when)
    const agent = await bed.startAgent({ storage, driver })
    const reach = (check: () => Promise<unknown>) => eventually(async () => isDead() || check())
    await bed.want(desiredOf(1, [kept, dropped]))
    await reach(async () => expect((await phases(bed)).sort()).toEqual(['web-1 ready', 'web-2 ready']))
    if (!isDead()) await bed.want(last)
    await reach(() => checkFinished(bed))
    await agent.stop()
    return isDead()
  }

  it.each(Array.from({ length: 17 }, (_, index) => index + 1))('number %i ends in the same state', async (at) => {
    await using bed = await makeBed()
    expect(await playUntilDeath(bed, at)).toBe(true)
    const [vmBefore] = [...bed.host.vms.values()].filter(({ name }) => name === kept.name)

    await bed.startAgent()
    await bed.want(last)
    const ledger = await eventually(() => checkFinished(bed))
    const { state } = ledger.instances().get(kept.id)!
    expect([...bed.host.vms.keys()]).toEqual([(state as { slot: Slot }).slot.id])
    if (vmBefore) expect([...bed.host.vms.values()]).toEqual([vmBefore])
    expect(bed.host.acts.start).toBeLessThanOrEqual(2)
    expect(bed.host.acts.capture).toBeLessThanOrEqual(1)
    const told = bed.facts.filter(({ instance }) => instance === kept.id).map(({ verb }) => verb)
    expect(told).toEqual(expect.arrayContaining(['started', 'ready']))
  })
})
