import { newId } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { createTask, eventually, silentLogger } from '@bramble/kit'
import type { FakeClock, TaskDefinition } from '@bramble/kit'
import { registerNode } from '../app/register-node.ts'
import { createReportReceiver } from '../inbox/receive-report.ts'
import type { Master } from '../master.ts'
import type { Store } from '../store/store.ts'
import { startFakeAgent } from '../testing/fake-agent.ts'
import { makeMaster } from '../testing/make-master.ts'
import { deriveLiveness } from './derive-liveness.ts'
import { publishDesired } from './publish-desired.ts'
import { startEpoch } from './revision-counter.ts'

const node = 'pi-01' as NodeId
let store: Store
let clock: FakeClock
let master: Master
let again: () => Promise<Master>
let stop: () => Promise<void>

beforeEach(async () => {
  ;({ master, clock, again, stop } = await makeMaster())
  store = master.store
  await registerNode(master, { id: node, cluster: 'a' })
  await master.bus.subscribeReports(createReportReceiver(master))
})
afterEach(() => stop())

const start = (definition: Parameters<typeof createTask>[0]) => {
  const task = createTask(definition, { clock, logger: silentLogger() })
  master.work.nodes.wakes(task.activate)
  task.start()
  return task
}
/** Lets all that is due happen, without time going on. */
const settle = async () => {
  for (let turns = 0; turns < 20; turns += 1) {
    clock.advance(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const advance = async (ms: number) => {
  clock.advance(ms)
  await settle()
}

const wantSomethingMore = () => {
  const capture = { id: newId('capture'), instance: newId('instance'), kind: 'overlay' } as const
  master.fleet.node(node)!.captures.set(capture.id, capture)
  master.work.nodes.add(node)
}

describe('publishing', () => {
  it('sends a burst of changes as two documents: at once, and what came within 100 ms', async () => {
    const agent = await startFakeAgent({ bus: master.bus, node })
    const task = start(publishDesired(master, await startEpoch(store)))
    for (let n = 0; n < 50; n += 1) {
      wantSomethingMore()
      await settle()
    }
    expect(agent.received()).toBe(1)
    await advance(99)
    expect(agent.received()).toBe(1)
    await advance(1)
    expect(agent.received()).toBe(2)
    await advance(4000)
    expect(agent.received()).toBe(2)
    await task.stop()
  })

  it('sends nothing when the document comes out the same', async () => {
    const agent = await startFakeAgent({ bus: master.bus, node })
    const task = start(publishDesired(master, await startEpoch(store)))
    wantSomethingMore()
    await settle()
    const { revision } = agent.desired()!
    await advance(1000)
    master.work.nodes.add(node)
    await advance(1000)
    expect(agent.received()).toBe(1)
    wantSomethingMore()
    await settle()
    expect(agent.received()).toBe(2)
    expect(agent.desired()!.revision.n).toBe(revision.n + 1)
    await task.stop()
  })

  it('tells every node when the queue of facts was lost, once', async () => {
    const agent = await startFakeAgent({ bus: master.bus, node })
    let factsLost = 0
    master.bus.factsLost = () => factsLost
    const task = start(publishDesired(master, await startEpoch(store)))
    wantSomethingMore()
    await settle()
    expect(agent.desired()).not.toHaveProperty('factsLost')
    factsLost = 1
    await advance(5000)
    expect(agent.desired()).toMatchObject({ factsLost: 1 })
    await advance(20_000)
    expect(agent.received()).toBe(2)
    await task.stop()
  })

  it('sends the same document again to a node that does not obey, and to all after ten minutes', async () => {
    const agent = await startFakeAgent({ bus: master.bus, node })
    const task = start(publishDesired(master, await startEpoch(store)))
    master.work.nodes.add(node)
    await settle()
    const { revision } = agent.desired()!
    await advance(6000)
    await agent.report({ obeys: { epoch: 0, n: 0 } })
    await settle()
    await advance(6000)
    expect(agent.received()).toBe(2)
    expect(agent.desired()!.revision).toEqual(revision)
    for (let seconds = 0; seconds <= 600; seconds += 5) await advance(5000)
    expect(agent.received()).toBe(3)
    await task.stop()
  })
})

describe('publishing to several nodes', () => {
  const other = 'pi-02' as NodeId
  const run = async (publishing: TaskDefinition) => publishing.run(new AbortController().signal)

  it('goes on with the others when one fails, and tries that one again', async () => {
    await registerNode(master, { id: other, cluster: 'a' })
    const agents = [
      await startFakeAgent({ bus: master.bus, node }),
      await startFakeAgent({ bus: master.bus, node: other }),
    ]
    const received = () => agents.map((agent) => agent.received())
    const publishing = publishDesired(master, await startEpoch(store))
    const { publishDesired: send } = master.bus
    master.bus.publishDesired = async () => Promise.reject(new Error('no broker'))
    await expect(run(publishing)).rejects.toThrow('2 desired documents')
    master.bus.publishDesired = async (key, body) =>
      key.endsWith(node) ? Promise.reject(new Error('no queue')) : send(key, body)
    await expect(run(publishing)).rejects.toThrow('1 desired documents')
    await eventually(() => expect(received()).toEqual([0, 1]))
    master.bus.publishDesired = send
    await run(publishing)
    await run(publishing)
    await eventually(() => expect(received()).toEqual([1, 1]))
  })

  it('asks for a revision again when the store gave none', async () => {
    const agent = await startFakeAgent({ bus: master.bus, node })
    const given = await startEpoch(store)
    let isDown = true
    const next = async () => (isDown ? Promise.reject(new Error('disk full')) : given.next())
    const publishing = publishDesired(master, { next })
    await expect(run(publishing)).rejects.toThrow('1 desired documents')
    isDown = false
    await run(publishing)
    await eventually(() => expect(agent.received()).toBe(1))
  })
})

describe('revisions', () => {
  it('grow with every document and every start', async () => {
    const first = await startEpoch(store)
    expect([await first.next(), await first.next()]).toEqual([
      { epoch: 1, n: 1 },
      { epoch: 1, n: 2 },
    ])
    expect(await (await startEpoch(store)).next()).toEqual({ epoch: 2, n: 1 })
  })
})

describe('liveness', () => {
  it('follows the silence of a node, and a report ends it', async () => {
    const livenessOf = () => master.records.nodes.get(node)!.liveness
    const agent = await startFakeAgent({ bus: master.bus, node })
    await eventually(() => expect(livenessOf()).toBe('ready'))
    const task = start(deriveLiveness(master))
    await advance(29_000)
    expect(livenessOf()).toBe('ready')
    await advance(5000)
    await eventually(() => expect(livenessOf()).toBe('suspect'))
    for (let seconds = 0; seconds < 120; seconds += 5) await advance(5000)
    await eventually(() => expect(livenessOf()).toBe('lost'))
    await agent.report()
    await eventually(() => expect(livenessOf()).toBe('ready'))
    await task.stop()
  })

  it('counts nobody lost for the silence before the master started', async () => {
    await startFakeAgent({ bus: master.bus, node })
    await eventually(() => expect(master.records.nodes.get(node)!.liveness).toBe('ready'))
    clock.advance(3_600_000)
    const next = await again()
    const task = start(deriveLiveness(next))
    await advance(10_000)
    expect(next.records.nodes.get(node)!.liveness).toBe('ready')
    await task.stop()
  })
})

describe('reports', () => {
  it('of unknown nodes are ignored', async () => {
    await startFakeAgent({ bus: master.bus, node: 'stranger' as NodeId })
    await settle()
    expect(master.records.nodes.get('stranger')).toBeUndefined()
  })
})
