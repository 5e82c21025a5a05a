// Everything that others than this host could reach speaks TLS: a host joins over https and amqps, and who is not whom
// he should be is refused before a secret is sent. `on` and 127.0.0.2 stand for an address beyond this host.
import { cp, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@bramble/client'
import { createClient, findAuthority } from '@bramble/client'
import { brokerServerName, formatJoinToken, parseJoinToken, routes } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { makeTempFolder, startAgentProcess, startMasterProcess, startMongo, startRabbitMq } from '@bramble/testkit'
import type { AgentOptions, AgentProcess, MasterProcess, TempFolder } from '@bramble/testkit'
import { openIdentity } from '../../services/cluster-master/src/identity/open-identity.ts'
import { createAskMaster } from '../../services/node-agent/src/identity/ask-master.ts'
import { NodeIdentity } from '../../services/node-agent/src/identity/identity-files.ts'
import { createMasterTrust } from '../../services/node-agent/src/identity/master-trust.ts'
import { createMasters } from '../../services/node-agent/src/identity/masters.ts'
import { launch } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'

const ends = new AsyncDisposableStack()
const address = '127.0.0.2'
const started: (MasterProcess | AgentProcess)[] = []
let folder: TempFolder
let master: MasterProcess
let url: string
let client: Client
let secrets: string[]

beforeAll(async () => {
  folder = ends.use(await makeTempFolder())
  const dataDir = join(folder.path, 'master')
  // As `secrets` of compose.yaml does: the CA is there before the broker, which has a certificate of it.
  const { issueServer, caCertificate: ca } = await openIdentity(join(dataDir, 'identity'))
  const tls = { ...(await issueServer([brokerServerName])), ca }
  const [mongo, broker] = await Promise.all([startMongo(), startRabbitMq({ tls })])
  ends.defer(() => Promise.all([mongo.stop(), broker.stop()]).then(() => {}))
  const publicBus = Object.assign(new URL(broker.tlsUrl!), { username: '', password: '' }).href
  const env = { BRAMBLE__HTTP__HOST: address, BRAMBLE__HTTP__TLS: 'on', BRAMBLE__BUS__PUBLIC_URL: publicBus }
  master = startMasterProcess({ dataDir, store: { uri: mongo.uri }, broker, env })
  started.push(master)
  ends.defer(() => endOf(master))
  await master.serves
  url = await master.url
  client = createClient({ ...(await master.client()), url, ca })
  secrets = [(await readFile(join(dataDir, 'first-admin-token'), 'utf8')).trim(), broker.password]
}, 120_000)
afterAll(() => ends.disposeAsync(), 60_000)

async function endOf(process: MasterProcess | AgentProcess): Promise<void> {
  if (!process.hasEnded()) process.kill('SIGKILL')
  await process.ended
}

const invite = async () => (await client.invitations.create({ body: { cluster: 'shelf-1' } })).token

function startAgent(node: string, options: Partial<AgentOptions> = {}): AgentProcess {
  const agent = startAgentProcess({ stateDir: join(folder.path, node), masterUrl: url, node, ...options })
  started.push(agent)
  ends.defer(() => endOf(agent))
  return agent
}

const identityOf = async (node: string) =>
  NodeIdentity.parse(JSON.parse(await readFile(join(folder.path, node, 'identity/node.json'), 'utf8')))

describe('a cloudlet over TLS', () => {
  it('is told from others by the fingerprint of its authority', async () => {
    expect(url).toMatch(/^https:/)
    const { fingerprint, certificate } = await client.system.authority()
    expect((await findAuthority(url, fingerprint))?.trim()).toBe(certificate.trim())
    expect(await findAuthority(url, '0'.repeat(64))).toBeUndefined()
    await expect(createClient({ url }).system.version()).rejects.toMatchObject({
      problem: { code: 'certificate_untrusted' },
    })
  })

  it('answers plain HTTP with nothing but a problem', async () => {
    const answer = await fetch(`${url.replace('https', 'http')}/v1/version`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'not_encrypted' })
  })

  it('lets a host join over https and amqps, and run instances', async () => {
    const token = await invite()
    secrets.push(token)
    await startAgent('pi-01', { token }).works
    await eventually(async () => expect(await show('pi-01')).toMatchObject({ liveness: 'ready' }), 20_000)
    const { urls } = JSON.parse(await readFile(join(folder.path, 'pi-01/identity/broker.json'), 'utf8')) as {
      urls: string[]
    }
    expect(urls).toEqual([expect.stringMatching(/^amqps:/)])
    await makeSimulatedService(client)
    await launch(client, { service, name: 'one' })
    expect(await client.instances.console({ params: { instance: 'one' } })).toContain('this guest is simulated')
  }, 60_000)

  it('is sent no token when its fingerprint is not the one of the invitation', async () => {
    const token = await invite()
    const forged = formatJoinToken({ ...parseJoinToken(token)!, caFingerprint: 'f'.repeat(32) })
    const agent = startAgent('pi-02', { token: forged })
    expect(await agent.ended).toMatchObject({ code: 1 })
    expect(agent.logs()).toContain('nothing was sent')
    // Nobody has seen it: another host may still use it.
    await startAgent('pi-03', { token }).works
  }, 60_000)

  it('refuses to be asked in plain text by an agent beyond this host', async () => {
    const agent = startAgent('pi-04', { masterUrl: 'http://192.0.2.1:8080', token: await invite() })
    expect(await agent.ended).toMatchObject({ code: 2 })
    expect(agent.logs()).toContain('master.allowPlain')
  })

  it("takes a node's token with the certificate of that node alone", async () => {
    const { nodeToken: token, caCertificate: ca } = await identityOf('pi-01')
    secrets.push(token)
    const asNode = createClient({ url, ca, token })
    await expect(asNode.nodes.broker({ params: { node: 'pi-01' as NodeId } })).rejects.toMatchObject({
      problem: { code: 'node_certificate_refused' },
    })
  })

  it('refuses who has the files of a retired node, and its key with a token that counts', async () => {
    const retired = await identityOf('pi-03')
    const node = 'pi-03' as NodeId
    await client.nodes.retire({ params: { node }, body: { force: true } })
    await cp(join(folder.path, 'pi-03/identity'), join(folder.path, 'ghost/identity'), { recursive: true })
    const ghost = startAgent('ghost')
    await ghost.said('not admitted: ')
    expect(ghost.logs()).toContain('not known; it may be revoked')

    await startAgent('successor', { node, token: await invite() }).works
    const { nodeToken: token, caCertificate, key, certificate } = await identityOf('successor')
    const askWith = (own: { key: string; certificate: string }) => {
      const trust = createMasterTrust({ urls: [url] })
      trust.joined(caCertificate, own)
      const request = { params: { node }, token, signal: AbortSignal.timeout(5000) }
      return createAskMaster(createMasters([url]), trust)(routes.nodes.broker, request)
    }
    await expect(askWith(retired)).rejects.toMatchObject({ code: 'node_certificate_refused' })
    expect(await askWith({ key, certificate })).toMatchObject({ user: 'node.pi-03' })
  }, 60_000)

  it('leaves no secret in its logs', async () => {
    for (const process of started) for (const secret of secrets) expect(process.logs()).not.toContain(secret)
    for (const name of await readdir(join(folder.path, 'master/identity')))
      if (name.endsWith('.key'))
        for (const process of started) expect(process.logs()).not.toContain(await keyText(name))
  })
})

const show = (node: string) => client.nodes.show({ params: { node: node as NodeId } })
const keyText = async (name: string) =>
  (await readFile(join(folder.path, 'master/identity', name), 'utf8')).split('\n')[1]!
