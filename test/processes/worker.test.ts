// A cloudlet of several processes on a real broker and a real database: hosts join it by invitation, and what rides no
// bus (consoles, commands, inspection) goes through the master to their listeners.
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Client } from '@bramble/client'
import type { CreateInvitation, Node, NodeId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { makeTempFolder, startAgentProcess, startMasterProcess, startMongo, startRabbitMq } from '@bramble/testkit'
import type { AgentOptions, AgentProcess, MasterProcess, RabbitMqServer, TempFolder } from '@bramble/testkit'
import { launch, refusal } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'

const ends = new AsyncDisposableStack()
let folder: TempFolder
let broker: RabbitMqServer
let masterPort: number
let startMaster: () => MasterProcess
let master: MasterProcess
let client: Client

async function endOf(process: MasterProcess | AgentProcess): Promise<void> {
  if (!process.hasEnded()) process.kill('SIGKILL')
  await process.ended
}

beforeAll(async () => {
  folder = ends.use(await makeTempFolder())
  const [mongo, rabbit] = await Promise.all([startMongo(), startRabbitMq()])
  broker = rabbit
  ends.defer(() => Promise.all([mongo.stop(), rabbit.stop()]).then(() => {}))
  startMaster = () => {
    const env = { BRAMBLE__AGENT__TIMEOUT_SECONDS: '1' }
    const options = { dataDir: join(folder.path, 'master'), store: { uri: mongo.uri }, broker, env }
    const started = startMasterProcess({ ...options, ...(masterPort && { port: masterPort }) })
    ends.defer(() => endOf(started))
    return started
  }
  master = startMaster()
  await master.serves
  masterPort = Number(new URL(await master.url).port)
  client = await master.client()
}, 120_000)
afterAll(() => ends.disposeAsync(), 60_000)

const invite = async (more: Partial<CreateInvitation> = {}) => {
  const body = { cluster: 'shelf-1', ...more }
  return (await client.invitations.create({ body })).token
}

async function startAgent(node: string, options: Partial<AgentOptions> = {}): Promise<AgentProcess> {
  const stateDir = join(folder.path, node)
  const agent = startAgentProcess({ stateDir, masterUrl: await master.url, node, ...options })
  ends.defer(() => endOf(agent))
  return agent
}

const show = (node: string): Promise<Node> => client.nodes.show({ params: { node: node as NodeId } })
const untilReady = (node: string) =>
  eventually(async () => expect(await show(node)).toMatchObject({ admission: 'approved', liveness: 'ready' }), 20_000)
const countOf = (agent: AgentProcess, message: string) => agent.logs().split(`"${message}`).length - 1

describe('a worker that joined', () => {
  let agent: AgentProcess
  let instance: string

  beforeAll(async () => {
    agent = await startAgent('pi-01', { token: await invite() })
    await agent.works
    await untilReady('pi-01')
    await makeSimulatedService(client)
    instance = (await launch(client, { service, name: 'one' })).name
  }, 60_000)

  const exec = () =>
    client.instances.exec({ params: { instance }, body: { command: ['echo', 'hello'], timeoutSeconds: 1 } })
  const console = () => client.instances.console({ params: { instance } })

  it('runs instances, whose guests are reached through the master', async () => {
    const { exitCode, stdoutBase64 } = await exec()
    expect([exitCode, atob(stdoutBase64)]).toEqual([0, 'echo hello\n'])
    expect(await console()).toContain('this guest is simulated')
    expect(await client.instances.logs({ params: { instance } })).toContain('starting up')
  })

  it('shows itself from inside', async () => {
    const { desired, ledger, domains } = await client.nodes.inspect({ params: { node: 'pi-01' as NodeId } })
    expect(ledger.instances).toMatchObject([{ name: 'one', phase: 'ready', untoldFacts: 0 }])
    expect(desired?.instances).toEqual(ledger.instances.map(({ id }) => id))
    expect(domains).toMatchObject([{ state: 'running' }])
  })

  it('is ready, as its probes tell without a certificate', async () => {
    const url = await agent.probesUrl
    for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status).toBe(200)
  })

  it('is not waited for without end when it hangs', async () => {
    agent.kill('SIGSTOP')
    const hung = await refusal(client, console())
    agent.kill('SIGCONT')
    expect(hung).toMatchObject({ status: 504, code: 'agent_timeout' })
    await eventually(console)
  })

  const readAccess = () => readFile(join(folder.path, 'pi-01/identity/broker.json'), 'utf8')

  it('comes back to a broker that was away and takes its password no more, and tells of it', async () => {
    const before = await readAccess()
    await manage('PUT', '/users/node.pi-01', { password: 'another', tags: '' })
    await broker.kill('SIGKILL')
    await eventually(() => expect(countOf(agent, 'broker unreachable')).toBe(1), 20_000)
    await broker.restart()
    await eventually(() => expect(countOf(agent, 'no longer broker unreachable')).toBe(1), 30_000)
    expect(await readAccess()).not.toBe(before)
    await eventually(
      async () => expect((await show('pi-01')).troubles?.[0]).toMatch(/^broker unreachable from /),
      20_000,
    )
    expect(await console()).toContain('this guest is simulated')
  }, 90_000)

  it('keeps its instances while the master is away, and says so then and afterwards', async () => {
    master.kill('SIGTERM')
    await master.ended
    await eventually(() => expect(countOf(agent, 'master unreachable')).toBe(1), 30_000)
    expect(agent.hasEnded()).toBe(false)
    master = startMaster()
    await master.serves
    await eventually(() => expect(countOf(agent, 'no longer master unreachable')).toBe(1), 30_000)
    await eventually(async () => {
      const { troubles } = await show('pi-01')
      expect(troubles).toContainEqual(expect.stringMatching(/^master unreachable from .* until /))
    }, 20_000)
    expect(await console()).toContain('this guest is simulated')
    expect(countOf(agent, 'master unreachable')).toBe(1)
  }, 120_000)

  it('ends soon when it is told to, is unreachable then, and comes back without an invitation', async () => {
    const startedMs = performance.now()
    agent.kill('SIGTERM')
    expect(await agent.ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedMs).toBeLessThan(5000)
    expect(await refusal(client, console())).toMatchObject({ status: 502, code: 'agent_unreachable' })
    agent = await startAgent('pi-01')
    await agent.works
    const { ledger } = await eventually(() => client.nodes.inspect({ params: { node: 'pi-01' as NodeId } }), 20_000)
    // Simulated VMs end with their process; the document still wants this one.
    expect(ledger.instances).toMatchObject([{ name: 'one' }])
  }, 60_000)
})

describe('who comes to join', () => {
  it('waits until it is approved, where that was asked for', async () => {
    const agent = await startAgent('pi-02', { token: await invite({ needsApproval: true }) })
    await agent.said('not admitted: ')
    expect(await show('pi-02')).toMatchObject({ admission: 'seen' })
    expect(agent.logs()).toContain('not_approved')
    await client.nodes.approve({ params: { node: 'pi-02' as NodeId } })
    await agent.works
    await untilReady('pi-02')
  }, 60_000)

  it('is refused with a token that another host has used', async () => {
    const token = await invite()
    const first = await startAgent('pi-03', { token })
    await first.works
    const second = await startAgent('pi-04', { token })
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.logs()).toContain('Another host has joined with this token')
  }, 60_000)

  it('is told that it needs an invitation', async () => {
    const agent = await startAgent('pi-05')
    expect(await agent.ended).toEqual({ code: 1, signal: null })
    expect(agent.logs()).toContain('it needs a join.token')
  })

  it('may be a fleet: many nodes by one invitation, each with a user of its own at the broker', async () => {
    const env = { BRAMBLE__SIMULATED__NODES: '5' }
    const fleet = await startAgent('fleet', { token: await invite({ uses: 5 }), driver: 'none', env })
    await fleet.works
    const names = ['sim-001', 'sim-005']
    for (const node of names) await untilReady(node)
    const users = ((await manage('GET', '/users')) as { name: string }[]).map(({ name }) => name)
    expect(users).toEqual(expect.arrayContaining(names.map((node) => `node.${node}`)))
    expect((await show('sim-001')).host).toMatchObject({ driver: 'simulated', listenerUrl: '' })
  }, 60_000)
})

/** The broker's management, as its administrator. */
async function manage(method: string, path: string, body?: object): Promise<unknown> {
  const authorization = `Basic ${btoa(`${broker.user}:${broker.password}`)}`
  const answer = await fetch(`${broker.managementUrl}/api${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
  return answer.status === 200 ? answer.json() : undefined
}
