// Nodes that lose the master, or die, and come back with what they were: real master and agents on simulated hosts.
// Broken builds that this catches: an agent that goes on without the master, a master that believes a returned node, a
// replacement that is forgotten, or done twice, when the process is killed in the middle of it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { waitOperation } from '@bramble/client'
import type { Instance, NodeId, WhenLost } from '@bramble/contracts'
import { makeTempFolder, pollUntil } from '@bramble/testkit'
import { crashPoint } from '../../services/cluster-master/src/crash-points.ts'
import { baseName, startLossyCloudlet } from '../shared/lossy-cloudlet.ts'
import type { LossyCloudlet } from '../shared/lossy-cloudlet.ts'

const policies = { kept: undefined, stopped: { policy: 'stop' }, replaced: { policy: 'replace' } } as const
const stopAfterSeconds = 60

async function launch({ client }: LossyCloudlet, name: keyof typeof policies): Promise<void> {
  const policy = policies[name]
  const whenLost: WhenLost | undefined = policy && { ...policy, stopAfterSeconds }
  const body = { name, base: baseName, node: 'a' as NodeId, publish: [], whenLost }
  const { status } = await waitOperation(client, (await client.instances.launch({ body })).id, { timeoutMs: 10_000 })
  expect(status).toBe('succeeded')
}

const show = ({ client }: LossyCloudlet, name: string): Promise<Instance> =>
  client.instances.show({ params: { instance: name } })

const until = (what: string, ask: () => Promise<boolean> | boolean) => pollUntil(ask, what, 20_000)

const isOn = async (cloudlet: LossyCloudlet, name: string, node: string) => {
  // Looked at before the master is asked: what it shows must be true of the hosts.
  const twice = ['a', 'b'].filter((it) => cloudlet.node(it).running().includes('replaced'))
  expect(twice.length).toBeLessThan(2)
  const { node: at, status } = await show(cloudlet, name)
  return at === node && status.phase === 'running'
}

describe('a node that loses the master', () => {
  it('stops what may not run without it; that is started elsewhere, and the rest goes on', async () => {
    await using folder = await makeTempFolder()
    await using cloudlet = await startLossyCloudlet({ stateDir: folder.path, nodes: ['a', 'b'] })
    const [a, b] = [cloudlet.node('a'), cloudlet.node('b')]
    for (const name of ['kept', 'stopped', 'replaced'] as const) await launch(cloudlet, name)
    const before = await show(cloudlet, 'replaced')
    a.lose()
    await until('the agent to stop what it has to', () => a.running().join() === 'kept')
    expect((await show(cloudlet, 'replaced')).node).toBe('a')
    await until('the replacement', () => isOn(cloudlet, 'replaced', 'b'))
    expect(b.running()).toEqual(['replaced'])
    const after = await show(cloudlet, 'replaced')
    expect(after).toMatchObject({ id: before.id, name: before.name, incarnation: 1, whenLost: before.whenLost })

    a.find()
    await until('the node to be back', async () => {
      expect(await isOn(cloudlet, 'replaced', 'b')).toBe(true)
      return (await show(cloudlet, 'stopped')).status.problem?.code === 'lost_master'
    })
    expect(await isOn(cloudlet, 'kept', 'a')).toBe(true)
    expect([a.running(), b.running()]).toEqual([['kept'], ['replaced']])
    const { items } = await cloudlet.client.events.list({ query: { types: 'instance.replaced', limit: 100 } })
    expect(items.map(({ summary }) => summary)).toEqual(['instance replaced replaced: was on a, is on b'])
  }, 60_000)

  it('has its instances started again when it is back before it counts as lost', async () => {
    await using folder = await makeTempFolder()
    await using cloudlet = await startLossyCloudlet({ stateDir: folder.path, nodes: ['a', 'b'] })
    await launch(cloudlet, 'replaced')
    cloudlet.node('a').lose()
    await until('the agent to stop it', () => cloudlet.node('a').running().length === 0)
    cloudlet.node('a').find()
    await until('it to run again', async () => {
      const { incarnation, node } = await show(cloudlet, 'replaced')
      return incarnation === 1 && isOn(cloudlet, 'replaced', node)
    })
  }, 60_000)
})

describe('a node that dies', () => {
  it('returns with its old state: nothing of what was replaced runs there, now or later', async () => {
    await using folder = await makeTempFolder()
    await using cloudlet = await startLossyCloudlet({ stateDir: folder.path, nodes: ['a', 'b'] })
    const a = cloudlet.node('a')
    await launch(cloudlet, 'replaced')
    await a.powerOff()
    await until('the replacement', () => isOn(cloudlet, 'replaced', 'b'))
    // Its agent finds its old document first, and no master.
    a.lose()
    await a.startAgent()
    a.find()
    await until('the node to be ready', async () => {
      expect(a.running()).toEqual([])
      expect(await isOn(cloudlet, 'replaced', 'b')).toBe(true)
      return (await cloudlet.client.nodes.show({ params: { node: 'a' as NodeId } })).liveness === 'ready'
    })
  }, 60_000)
})

describe('a master that is killed in the middle of a replacement', () => {
  const program = join(import.meta.dirname, '../shared/lost-node-process.ts')
  const run = async (mode: 'begin' | 'end', folder: string, env: Record<string, string> = {}) => {
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const child = spawn(process.execPath, [program, mode, folder], {
      env: { ...process.env, ...env },
      stdio: [...stdio],
    })
    const told = Promise.all([text(child.stdout!), text(child.stderr!)])
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    const [out, err] = await told
    return { code, signal, out, err }
  }
  const points = crashPoint.names.filter((name) => name.startsWith('replace.'))

  it('does it, and does it once', async () => {
    const outcomes = points.map(async (point) => {
      await using folder = await makeTempFolder()
      const { signal, err } = await run('begin', folder.path, { BRAMBLE_CRASH_AT: point })
      const after = await run('end', folder.path)
      return { point, signal, err: err + after.err, ...(JSON.parse(after.out || '{}') as object) }
    })
    const done = { signal: 'SIGKILL', err: '', incarnation: 1, replacements: 1, events: 1, running: ['one'] }
    expect(await Promise.all(outcomes)).toEqual(points.map((point) => ({ point, ...done })))
  }, 120_000)
})
