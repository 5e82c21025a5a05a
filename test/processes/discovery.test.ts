// Discovery in the suite: the master leaves a discovery service its access to a real broker, which then tells a network of
// the cloudlet; a host on it finds its master there, waits for a token where an admin sees it, and joins.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@bramble/client'
import type { NodeId } from '@bramble/contracts'
import {
  makeTempFolder,
  pollUntil,
  startAgentProcess,
  startDiscoveryProcess,
  startMasterProcess,
  startRabbitMq,
} from '@bramble/testkit'
import type { DiscoveryProcess, MasterProcess, ServiceProcess, TempFolder } from '@bramble/testkit'
import { startAvahi } from '../shared/avahi.ts'
import type { Avahi } from '../shared/avahi.ts'
import { makeLan, makeLanHost } from '../shared/lan.ts'
import type { Lan } from '../shared/lan.ts'

const type = '_cloudlet._tcp'
const limitMs = 120_000
const ends = new AsyncDisposableStack()
let folder: TempFolder
let lan: Lan
let avahi: Avahi
let startMaster: () => MasterProcess
let master: MasterProcess
let discovery: DiscoveryProcess
let client: Client

async function endOf(process: ServiceProcess): Promise<void> {
  if (!process.hasEnded()) process.kill('SIGKILL')
  await process.ended
}

beforeAll(async () => {
  folder = ends.use(await makeTempFolder())
  lan = ends.use(await makeLan())
  const host = ends.use(await makeLanHost())
  await lan.attach(host, 'eth0')
  avahi = ends.use(await startAvahi(host))
  const broker = await startRabbitMq()
  ends.defer(() => broker.stop())
  let port = 0
  startMaster = () => {
    const env = {
      BRAMBLE__HTTP__HOST: lan.address,
      BRAMBLE__STORE__KIND: 'sqlite',
      BRAMBLE__DISCOVERY__SITES: '[local]',
      ...(port > 0 && { BRAMBLE__PUBLIC_URL: `//${lan.address}:${port}` }),
    }
    const options = { dataDir: join(folder.path, 'master'), store: { uri: 'mongodb://127.0.0.1:1/' }, broker, env }
    const started = startMasterProcess({ ...options, ...(port && { port }) })
    ends.defer(() => endOf(started))
    return started
  }
  master = startMaster()
  await master.serves
  port = Number(new URL(await master.url).port)
  client = await master.client()
  const accessFile = join(folder.path, 'master/discovery/local.json')
  discovery = startDiscoveryProcess({ accessFile, interfaces: [lan.device], name: 'shelf' })
  ends.defer(() => endOf(discovery))
}, limitMs)
afterAll(() => ends.disposeAsync(), limitMs)

const sees = (...names: string[]) =>
  pollUntil(async () => (await avahi.names(type)).join() === names.join(), `the network to see ${names.join()}`, 30_000)

it(
  'a network is told of the cloudlet, by a service that has what the master left it alone',
  async () => {
    await sees('shelf')
    const [seen] = await avahi.browse(type)
    expect(seen).toMatchObject({ address: lan.address, port: Number(new URL(client.url).port) })
    expect(seen).toMatchObject({ txt: expect.arrayContaining(['encryption=tls']) })
    const path = join(folder.path, 'master/discovery/local.json')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const { password } = JSON.parse(await readFile(path, 'utf8')) as { password: string }
    expect(password.length).toBeGreaterThan(40)
    expect(discovery.logs() + master.logs()).not.toContain(password)
    expect((await fetch(new URL('/readyz', await discovery.probesUrl))).status).toBe(200)
  },
  limitMs,
)

it(
  'the master lists other cloudlets of the network',
  async () => {
    const endOther = await avahi.publish('-s', 'attic', type, '99', 'encryption=tls', 'version=9')
    const listed = async () => (await client.cloudlets.list()).items
    await pollUntil(async () => (await listed()).length === 1, 'the other to be listed')
    expect((await listed())[0]).toMatchObject({
      id: 'attic',
      port: 99,
      encryption: 'tls',
      version: '9',
      sites: ['local'],
    })
    await endOther()
    await pollUntil(async () => (await listed()).length === 0, 'the other to be forgotten')
  },
  limitMs,
)

it(
  'a host finds its master, waits for a token where an admin sees it, and joins',
  async () => {
    const stateDir = join(folder.path, 'agent')
    const env = { BRAMBLE__DISCOVERY__INTERFACE: lan.device }
    const start = () => {
      const started = startAgentProcess({ stateDir, node: 'pi-07', env })
      ends.defer(() => endOf(started))
      return started
    }
    const agent = start()
    const seen = async () => (await client.seenNodes.list()).items
    await pollUntil(async () => (await seen()).length > 0, 'the host to be listed', 30_000)
    expect(await seen()).toMatchObject([{ id: 'pi-07', sites: ['local'], addresses: [lan.address] }])
    const { token } = await client.invitations.create({ body: { cluster: 'shelf-1' } })
    await writeFile(join(stateDir, 'join-token'), `${token}\n`)
    await agent.works
    expect(await readdir(stateDir)).not.toContain('join-token')
    const { liveness } = await client.nodes.show({ params: { node: 'pi-07' as NodeId } })
    expect(liveness).toBeDefined()
    await pollUntil(async () => (await seen()).length === 0, 'the host to wait no longer')

    // It has joined: what the network says now does not lead it elsewhere.
    await endOf(agent)
    const endOther = await avahi.publish('-s', 'attic', type, '99', 'encryption=none')
    await start().works
    await endOther()
  },
  limitMs,
)

it(
  'the service goes on when the master was started again, with another password',
  async () => {
    await endOf(master)
    master = startMaster()
    await master.serves
    const endOther = await avahi.publish('-s', 'attic', type, '99', 'encryption=none')
    const listed = async () => (await client.cloudlets.list()).items
    await pollUntil(async () => (await listed()).length === 1, 'the other to be listed', 30_000)
    await endOther()
    await sees('shelf')
    discovery.kill('SIGTERM')
    await discovery.ended
    await pollUntil(async () => (await avahi.names(type)).length === 0, 'a goodbye', 5000)
  },
  limitMs,
)
