import { createHash, X509Certificate } from 'node:crypto'
import type { NodeId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { startFakeAgent } from './fake-agent.ts'
import type { FakeAgent } from './fake-agent.ts'
import { sampleHostRequest, sampleJoining } from './sample-joining.ts'
import type { SampleJoining } from './sample-joining.ts'
import { addSampleService, startTestMaster } from './start-test-master.ts'
import type { Answer, TestMaster } from './start-test-master.ts'

export interface JoinBody {
  token: string
  node?: string
  csr: string
  cluster?: string
}

/** A host that joined, and what it got. */
export interface JoinedHost {
  token: string
  csr: string
  secret: string
  certificate: X509Certificate
  /** SHA-256 of its public key. */
  key: string
  body: Answer['body']
  /** Posts to what is the node's own, `pi-07/broker`. */
  own(path: string, body?: unknown): Promise<Answer>
}

/** A master that hosts can join, and how tests speak with it. */
export interface JoiningBed {
  master: TestMaster
  joining: SampleJoining
  get(path: string): Promise<Answer>
  post(path: string, body?: unknown): Promise<Answer>
  act(node: string, verb: string, body?: unknown): Promise<Answer>
  node(id: string): Promise<Answer['body']>
  invite(more?: object): Promise<{ token: string; id: string }>
  join(body: JoinBody): Promise<Answer>
  joined(id: string, more?: object): Promise<JoinedHost>
  /** The node's agent: it obeys and reports. */
  agentOf(id: string): Promise<FakeAgent>
  ready(id: string): Promise<void>
  /** The types of the events about one thing. */
  eventTypes(resource: string): Promise<string[]>
  stop(): Promise<void>
}

export async function startJoiningBed(): Promise<JoiningBed> {
  const joining = await sampleJoining()
  const master = await startTestMaster({}, { joining })
  await addSampleService(master)
  const agents: FakeAgent[] = []

  const bed: JoiningBed = {
    master,
    joining,
    get: (path) => master.request('GET', path),
    post: (path, body) => master.request('POST', path, { body }),
    act: (node, verb, body) => bed.post(`/v1/nodes/${node}/actions/${verb}`, body),
    node: async (id) => (await bed.get(`/v1/nodes/${id}`)).body,
    invite: async (more = {}) => {
      const { body } = await bed.post('/v1/invitations', { cluster: 'shelf-1', ...more })
      return { token: String(body['token']), id: (body['invitation'] as { id: string }).id }
    },
    join: (body) => master.request('POST', '/v1/joins', { body, secret: null }),
    joined: async (id, more = {}) => {
      const { token } = await bed.invite(more)
      const csr = await sampleHostRequest()
      const { status, body } = await bed.join({ token, node: id, csr })
      if (status !== 201) throw new Error(`${id} did not join: ${JSON.stringify(body)}`)
      const secret = String(body['nodeToken'])
      const certificate = new X509Certificate(String(body['certificate']))
      const own: JoinedHost['own'] = (path, sent) => master.request('POST', `/v1/nodes/${path}`, { secret, body: sent })
      return { token, csr, secret, certificate, key: keyOf(certificate), body, own }
    },
    agentOf: async (id) => {
      const agent = await startFakeAgent({ bus: master.bus, node: id as NodeId })
      agents.push(agent)
      return agent
    },
    ready: (id) => eventually(async () => expect(await bed.node(id)).toMatchObject({ liveness: 'ready' })),
    eventTypes: async (resource) => {
      const { body } = await bed.get(`/v1/events?resource=${resource}`)
      return (body['items'] as { type: string }[]).map(({ type }) => type)
    },
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.stop()))
      await master.stop()
      await joining.remove()
    },
  }
  return bed
}

const keyOf = ({ publicKey }: X509Certificate) =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
