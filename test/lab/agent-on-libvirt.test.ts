// Whole agents on one real hypervisor: what they must leave alone, and what they must sit out.
// Broken builds that this catches: domains told apart by the node's name; an instance failed because libvirtd was away; a
// VM that runs on for ever because the agent that would end it is dead.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId, receiverKey, ReportNode } from '@bramble/contracts'
import type { DesiredInstance, Digest, NodeId } from '@bramble/contracts'
import { createInProcessBus, eventually, silentLogger } from '@bramble/kit'
import { pollUntil } from '@bramble/testkit'
import { AgentConfig } from '../../services/node-agent/src/config.ts'
import {
  freePort,
  pushTinyGuest,
  startLibvirtBench,
} from '../../services/node-agent/src/drivers/libvirt/libvirt.fixture.ts'
import type { LibvirtBench } from '../../services/node-agent/src/drivers/libvirt/libvirt.fixture.ts'
import { startAgent } from '../../services/node-agent/src/start.ts'
import type { Agent } from '../../services/node-agent/src/start.ts'

const node = 'local' as NodeId
const memoryBytes = 128 * 1024 ** 2
const limitMs = 120_000

let bench: LibvirtBench
let disk: Digest
const agents: Agent[] = []
beforeAll(async () => {
  bench = await startLibvirtBench()
  disk = await pushTinyGuest(bench)
}, limitMs)
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop()
  await eventually(destroyAll, limitMs)
}, limitMs)
afterAll(() => bench?.dispose(), limitMs)

/** To be tried again: libvirtd may be away, and a VM that ended meanwhile cannot be destroyed. */
async function destroyAll() {
  for (const domain of await bench.virsh.domains.list()) await bench.virsh.domains.destroy(domain)
}

/** A cloudlet of one node, which is called as every other one is. */
async function startCloudlet(name: string) {
  const { driver, stateDir } = await bench.openNode(name)
  const bus = createInProcessBus({ logger: silentLogger() })
  let report: ReportNode | undefined
  await bus.subscribeReports(({ body }) => void (report = ReportNode.parse(body)))
  const seen = () => report?.instances ?? []
  const config = AgentConfig.parse({ node, stateDir: join(stateDir, 'agent') })
  const deadlinesFile = join(stateDir, 'deadlines')
  const given = { config, bus, driver, pushArtifact: async () => {}, logger: silentLogger(), version: '0' }
  const agent = await startAgent({ ...given, deadlinesFile })
  agents.push(agent)
  let n = 0
  return {
    want: async (instances: DesiredInstance[]) => {
      const { session, sequence } = await pollUntil(() => report, 'a report', limitMs)
      return bus.publishDesired(receiverKey('node', node), {
        ...{ type: 'desired.node.v1', node, revision: { epoch: 1, n: ++n } },
        ...{ heard: { session, sequence }, instances, captures: [] },
      } as never)
    },
    agent,
    stateDir,
    deadlinesFile,
    seen: ({ id }: DesiredInstance) => seen().find((one) => one.id === id),
    phaseOf: ({ id }: DesiredInstance) => seen().find((one) => one.id === id)?.phase,
  }
}

async function newInstance(): Promise<DesiredInstance> {
  const id = newId('instance')
  return {
    ...{ id, name: id.slice(-8), memoryBytes, cpus: 1 },
    source: { kind: 'disk', disk, machine: { memoryBytes, cpus: 1 } },
    publish: [{ guestPort: 80, protocol: 'tcp', hostPort: await freePort() }],
    probe: { kind: 'http', port: 80, path: '/', expectStatus: 200, timeoutSeconds: 100, intervalMs: 100 },
  }
}

type Seen = Awaited<ReturnType<typeof startCloudlet>>
const reaches = (cloudlet: Seen, instance: DesiredInstance, phase: string) =>
  eventually(() => expect(cloudlet.phaseOf(instance)).toBe(phase), limitMs)

const qemus = async () =>
  (await bench.hypervisor.processes()).filter(({ name }) => name.startsWith('qemu-system')).map(({ pid }) => pid)

it(
  'two agents of the same name leave each other’s VMs alone',
  async () => {
    const [one, other] = [await startCloudlet('one'), await startCloudlet('other')]
    const [first, second] = [await newInstance(), await newInstance()]
    await one.want([first])
    await reaches(one, first, 'running')
    const before = await qemus()
    await other.want([second])
    await reaches(other, second, 'running')
    await other.want([])
    await eventually(() => expect(other.phaseOf(second)).toBeUndefined(), limitMs)
    expect(await qemus()).toEqual(before)
    expect(one.phaseOf(first)).toBe('running')
  },
  2 * limitMs,
)

/** Resolves when libvirtd was missed by what would judge the instance: its step, or else the look at all domains. */
const misses = (cloudlet: Seen, instance: DesiredInstance, phase: string) =>
  eventually(async () => {
    if (phase === 'starting') expect(cloudlet.seen(instance)?.detail).toContain('will be tried again')
    else expect((await cloudlet.agent.health.check()).checks['hypervisor']?.ok).toBe(false)
  }, limitMs)

it.each(['starting', 'running'])(
  'an instance that is %s when libvirtd is killed runs on, as the same process',
  async (phase) => {
    const cloudlet = await startCloudlet(`sits-out-${phase}`)
    const instance = await newInstance()
    await cloudlet.want([instance])
    await reaches(cloudlet, instance, phase)
    const before = await qemus()
    await bench.hypervisor.killDaemon()
    await misses(cloudlet, instance, phase)
    expect(cloudlet.phaseOf(instance)).toBe(phase)
    await bench.hypervisor.startDaemon()
    await reaches(cloudlet, instance, 'running')
    const isWell = async () => expect((await cloudlet.agent.health.check()).checks['hypervisor']?.ok).toBe(true)
    await eventually(isWell, limitMs)
    expect(await qemus()).toEqual(before)
    const { hostPort } = cloudlet.seen(instance)!.forwards[0]!
    expect((await fetch(`http://127.0.0.1:${hostPort}/`)).status).toBe(200)
    expect(cloudlet.phaseOf(instance)).toBe('running')
  },
  2 * limitMs,
)

/** As in the container of the hypervisor: among its processes, with its files. */
async function startEndExpired(stateDir: string) {
  const daemon = (await bench.hypervisor.processes()).find(({ name }) => name === 'libvirtd')!
  const program = join(import.meta.dirname, '../../scripts/lib/end-expired')
  const args = ['-t', `${daemon.pid}`, '-m', '-p', program, stateDir]
  const env = { ...process.env, BRAMBLE_END_EXPIRED_EVERY: '0.2' }
  const child = spawn('nsenter', args, { env, stdio: 'ignore', detached: true })
  await once(child, 'spawn')
  return {
    [Symbol.asyncDispose]: async () => {
      process.kill(-child.pid!, 'SIGKILL')
      await once(child, 'close')
    },
  }
}

it(
  'a VM that may not run without the master is ended where the agent is dead',
  async () => {
    const cloudlet = await startCloudlet('dead')
    const limited = { ...(await newInstance()), stopAfterSeconds: 900 }
    await cloudlet.want([limited])
    await reaches(cloudlet, limited, 'running')
    await agents.pop()!.stop()
    await using _ended = await startEndExpired(cloudlet.stateDir)
    // As if its time were over.
    const [boot, deadline, slot] = (await readFile(cloudlet.deadlinesFile, 'utf8')).trim().split(' ')
    expect(Number(deadline)).toBeGreaterThan(900)
    await writeFile(cloudlet.deadlinesFile, `${boot} 0 ${slot}\n`)
    await eventually(async () => expect(await qemus()).toEqual([]), limitMs)
  },
  2 * limitMs,
)
