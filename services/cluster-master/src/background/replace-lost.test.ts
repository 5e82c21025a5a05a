import type { InstanceId, ObservedInstance } from '@bramble/contracts'
import { makeProblem } from '@bramble/contracts'
import { deleteInstance } from '../app/delete-instance.ts'
import { projectInstance, projectNode, projectOperation } from '../fleet/project.ts'
import { startFleet, whenLost } from '../testing/start-fleet.ts'
import type { Fleet } from '../testing/start-fleet.ts'

const caller = { tokenId: 't', requestId: 'r' }
const named = (fleet: Fleet, node: string) =>
  fleet
    .agent(node)
    .desired()
    ?.instances.map(({ name }) => name) ?? []
const show = (fleet: Fleet, name: string) => projectInstance(fleet.master.fleet, fleet.instance(name))
const livenessOf = ({ master }: Fleet, node: string) => master.records.nodes.get(node)!.liveness
const nowhere = { memoryBytes: 0, diskBytes: 0 }
const oneReplacement = async (fleet: Fleet) => {
  const [operation, ...more] = await fleet.operations('instance.replace')
  expect(more).toEqual([])
  return operation!
}

describe('a node that is gone', () => {
  it('has its instances dealt with by their policies, 120 s after it was heard', async () => {
    await using fleet = await startFleet('a', 'b')
    await fleet.launch('kept', undefined, 'a')
    await fleet.launch('stopped', whenLost('stop'), 'a')
    const before = await fleet.launch('replaced', whenLost('replace'), 'a')
    await fleet.pass(15)
    fleet.silence('a')
    await fleet.pass(105)
    expect([livenessOf(fleet, 'a'), fleet.instance('replaced').node]).toEqual(['suspect', 'a'])
    await fleet.pass(30)
    const { id, node, incarnation, status, operation } = fleet.instance('replaced')
    expect({ id, operation }).toEqual({ id: before.id, operation: before.operation })
    expect({ node, incarnation, phase: status.phase }).toEqual({ node: 'b', incarnation: 1, phase: 'running' })
    expect([fleet.instance('kept').node, fleet.instance('stopped').node]).toEqual(['a', 'a'])
    expect(await oneReplacement(fleet)).toMatchObject({
      status: 'succeeded',
      requestedBy: 'master',
      cancellable: false,
    })
    expect(await fleet.eventTypes()).toEqual(expect.arrayContaining(['node.lost', 'instance.replaced']))
  })

  it('returns with its old state: that is not shown, and it is told to remove it', async () => {
    await using fleet = await startFleet('a', 'b')
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a')
    await fleet.pass(140)
    fleet.hear('a')
    const { id } = fleet.instance('one')
    const old: ObservedInstance = { id, phase: 'failed', forwards: [], problem: makeProblem('lost_master', 'gone') }
    await fleet.agent('a').report({ instances: [old] })
    expect(show(fleet, 'one')).toMatchObject({ node: 'b', status: { phase: 'running' } })
    await fleet.pass(20)
    expect([named(fleet, 'a'), named(fleet, 'b')]).toEqual([[], ['one']])
    expect(fleet.instance('one').incarnation).toBe(1)
    await oneReplacement(fleet)
  })

  it('is not believed about a VM that it had before the one that it has now', async () => {
    await using fleet = await startFleet('a', 'b')
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a')
    await fleet.pass(140)
    fleet.hear('a')
    fleet.silence('b')
    await fleet.pass(1)
    const { id } = fleet.instance('one')
    const report = (more: Partial<ObservedInstance>) =>
      fleet.agent('a').report({ instances: [{ id, phase: 'running', forwards: [], domainUuid: 'old', ...more }] })
    fleet.silence('a')
    await fleet.pass(100)
    fleet.hear('a')
    await fleet.pass(40)
    expect(fleet.instance('one')).toMatchObject({ node: 'a', incarnation: 2 })
    await report({})
    expect(show(fleet, 'one').status.domainUuid).toBeUndefined()
    await report({ incarnation: 2, domainUuid: 'new' })
    await fleet.pass(1)
    expect(show(fleet, 'one').status.domainUuid).toBe('new')
  })
})

describe('an instance that fits nowhere', () => {
  it('says why, and is tried again until it fits', async () => {
    await using fleet = await startFleet('a')
    await fleet.addNode('b', { free: nowhere })
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a')
    await fleet.pass(140)
    const waiting = projectOperation(fleet.master.fleet, await oneReplacement(fleet))
    expect(waiting).toMatchObject({
      status: 'running',
      phase: expect.stringMatching(/fits nowhere now: .*b: 512 MiB wanted/),
    })
    expect(show(fleet, 'one').status.detail).toBe(waiting.phase)
    await fleet.addNode('c')
    await fleet.pass(6)
    expect(fleet.instance('one')).toMatchObject({ node: 'c', status: { phase: 'running' } })
    expect(await oneReplacement(fleet)).toMatchObject({ status: 'succeeded' })
  })

  it('goes back to its node once that has confirmed that the old VM is gone', async () => {
    await using fleet = await startFleet('a')
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a')
    await fleet.pass(140)
    fleet.hear('a')
    await fleet.pass(20)
    expect(fleet.instance('one')).toMatchObject({ node: 'a', incarnation: 1, status: { phase: 'running' } })
    expect(fleet.agent('a').desired()!.instances).toMatchObject([{ incarnation: 1 }])
  })

  it('can be deleted', async () => {
    await using fleet = await startFleet('a')
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a')
    await fleet.pass(140)
    await deleteInstance(fleet.master, caller, 'one')
    await fleet.pass(6)
    expect(await oneReplacement(fleet)).toMatchObject({ status: 'cancelled' })
    fleet.hear('a')
    await fleet.pass(12)
    expect(fleet.instance('one')).toBeUndefined()
  })
})

describe('an instance that its node stopped for want of the master', () => {
  it('is replaced when its node is back before it is lost', async () => {
    const failed = new Set<InstanceId>()
    const fare = ({ id, incarnation }: { id: InstanceId; incarnation?: number | undefined }) =>
      failed.has(id) && !incarnation ? { phase: 'failed' as const, problem: makeProblem('lost_master', 'gone') } : {}
    await using fleet = await startFleet()
    await fleet.addNode('a', { fare })
    await fleet.launch('stopped', whenLost('stop'))
    await fleet.launch('replaced', whenLost('replace'))
    fleet.silence('a')
    await fleet.pass(70)
    for (const name of ['stopped', 'replaced']) failed.add(fleet.instance(name).id)
    fleet.hear('a')
    await fleet.pass(20)
    expect(fleet.instance('replaced')).toMatchObject({ incarnation: 1, status: { phase: 'running' } })
    expect(fleet.instance('stopped').status).toMatchObject({ phase: 'failed', problem: { code: 'lost_master' } })
  })
})

describe('a master that starts', () => {
  it('counts silence anew, also of nodes that the one before had lost', async () => {
    await using fleet = await startFleet('a', 'b')
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a', 'b')
    await fleet.pass(130)
    expect(livenessOf(fleet, 'a')).toBe('lost')
    await fleet.restart()
    fleet.hear('b')
    await fleet.pass(110)
    expect([livenessOf(fleet, 'a'), fleet.instance('one').node]).toEqual(['lost', 'a'])
    await fleet.pass(20)
    expect(fleet.instance('one').node).toBe('b')
  })

  it('goes on with a replacement that waits', async () => {
    await using fleet = await startFleet('a')
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a')
    await fleet.pass(140)
    await oneReplacement(fleet)
    await fleet.restart()
    await fleet.addNode('b')
    await fleet.pass(100)
    expect(fleet.instance('one').node).toBe('a')
    await fleet.pass(30)
    expect(fleet.instance('one')).toMatchObject({ node: 'b', incarnation: 1, status: { phase: 'running' } })
    expect(await oneReplacement(fleet)).toMatchObject({ status: 'succeeded' })
  })
})

describe('most nodes of a cluster', () => {
  const nodes = ['a', 'b', 'c', 'd', 'e']

  it('that are silent at once are not lost, and say why; those still out after the thaw are', async () => {
    await using fleet = await startFleet(...nodes)
    await fleet.launch('one', whenLost('replace'), 'a')
    fleet.silence('a', 'b', 'c')
    await fleet.pass(300)
    const { frozen } = projectNode(fleet.master.fleet, fleet.master.records.nodes.get('a')!)
    expect(frozen).toBe('3 of 5 nodes are silent at once in cluster shelf')
    expect(nodes.map((node) => livenessOf(fleet, node))).toEqual(['suspect', 'suspect', 'suspect', 'ready', 'ready'])
    expect(await fleet.operations('instance.replace')).toEqual([])
    fleet.hear('b', 'c')
    await fleet.pass(28)
    expect(livenessOf(fleet, 'a')).toBe('suspect')
    await fleet.pass(25)
    expect(livenessOf(fleet, 'a')).toBe('lost')
    expect(await fleet.eventTypes()).toEqual(expect.arrayContaining(['cluster.frozen', 'cluster.thawed']))
  })
})

describe('while nothing comes through the bus', () => {
  it('no silence is counted', async () => {
    await using fleet = await startFleet('a', 'b')
    let isDown = true
    fleet.master.readiness.demand = () => {
      if (isDown) throw new Error('the bus is down')
    }
    fleet.silence('a', 'b')
    await fleet.pass(300)
    expect(livenessOf(fleet, 'a')).toBe('ready')
    isDown = false
    await fleet.pass(115)
    expect(livenessOf(fleet, 'a')).toBe('suspect')
    await fleet.pass(10)
    expect(livenessOf(fleet, 'a')).toBe('lost')
  })
})

describe('what a node is told that was heard', () => {
  it('is nothing while none of its instances may end for it', async () => {
    await using fleet = await startFleet('a')
    await fleet.launch('one', whenLost('keep'))
    const before = fleet.agent('a').received()
    await fleet.pass(100)
    expect(fleet.agent('a').received()).toBe(before)
    expect(fleet.agent('a').desired()).not.toHaveProperty('heard')
  })

  it('comes every 15 s else, in the same document', async () => {
    await using fleet = await startFleet('a')
    await fleet.launch('one', whenLost('stop'))
    const { revision, heard } = fleet.agent('a').desired()!
    const before = fleet.agent('a').received()
    await fleet.pass(121)
    const now = fleet.agent('a').desired()!
    expect(now.revision).toEqual(revision)
    expect(now.heard!.sequence).toBeGreaterThan(heard!.sequence + 9)
    const times = fleet.agent('a').received() - before
    expect([times >= 6, times <= 8]).toEqual([true, true])
  })

  it('comes at once to an agent that was started again', async () => {
    await using fleet = await startFleet()
    let session = 'first'
    const agent = await fleet.addNode('a', { session: () => session })
    await fleet.launch('one', whenLost('stop'))
    expect(agent.desired()!.heard).toMatchObject({ session })
    session = 'second'
    await agent.report()
    await fleet.pass(1)
    expect(agent.desired()!.heard).toMatchObject({ session })
  })
})
