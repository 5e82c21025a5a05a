import type { DesiredCapture, CaptureOutcome, Digest, NodeId, Operation } from '@bramble/contracts'
import { createInProcessBus, silentLogger, systemClock } from '@bramble/kit'
import type { InProcessBus } from '@bramble/kit'
import type { BlobStore } from '../blobs/blob-store.ts'
import { MasterConfig } from '../config.ts'
import { startMaster } from '../start.ts'
import type { RunningMaster, StartMaster } from '../start.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { startFakeAgent } from './fake-agent.ts'
import type { FakeAgent, FakeAgentOptions } from './fake-agent.ts'
import { sampleArtifacts, sampleMachine } from './samples.ts'
import type { SampleArtifacts } from './samples.ts'

export interface TestMaster {
  url: string
  secret: string
  store: Store
  bus: InProcessBus
  artifacts: SampleArtifacts
  running: RunningMaster
  /** How often the master had unfinished uploads removed. */
  expiries(): number
  /** A registered node that obeys. */
  addNode(id: string, options?: Partial<FakeAgentOptions>): Promise<FakeAgent>
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** Waits for the end of the operation that an answer tells. */
  ended(answer: Answer): Promise<Operation>
  /** Stops the master and starts another one on what it left. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface RequestOptions {
  body?: unknown
  secret?: string | null
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** A master on a store in memory, an in-process bus and a free port. */
export async function startTestMaster(
  config: Record<string, unknown> = {},
  more: Pick<StartMaster, 'joining'> = {},
): Promise<TestMaster> {
  const store = openSqliteStore({ path: ':memory:', clock: systemClock })
  const bus = createInProcessBus({ logger: silentLogger() })
  const artifacts = sampleArtifacts()
  const agents: FakeAgent[] = []
  let expiries = 0
  const start = () =>
    startMaster({
      config: MasterConfig.parse({ http: { port: 0 }, ...config }),
      store,
      bus,
      // The rest of a blob store serves /v2, which has tests of its own.
      blobs: { ...artifacts, uploads: { expire: async () => void (expiries += 1) } } as unknown as BlobStore,
      logger: silentLogger(),
      agentTrust: { kind: 'key', keyOf: (node) => `key-of-${node}` },
      leaveFirstSecret: async (left) => void (secret = left),
      ...more,
    })
  let secret = ''
  let running = await start()

  const request: TestMaster['request'] = async (method, path, options = {}) => {
    const { body, secret: own = secret, headers = {} } = options
    const response = await fetch(running.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(own !== null && { authorization: `Bearer ${own}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } }
  }

  return {
    get url() {
      return running.url
    },
    get running() {
      return running
    },
    expiries: () => expiries,
    secret,
    store,
    bus,
    artifacts,
    request,
    addNode: async (id, options) => {
      await running.registerNode({ id: id as NodeId, cluster: 'shelf-1' })
      const agent = await startFakeAgent({ bus, node: id as NodeId, ...options })
      agents.push(agent)
      return agent
    },
    ended: async ({ status, body }) => {
      if (status !== 202) throw new Error(`not accepted: ${JSON.stringify(body)}`)
      return (await request('GET', `/v1/operations/${body['id']}?wait=10s`)).body as unknown as Operation
    },
    restart: async () => {
      await running.stop()
      running = await start()
    },
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.stop()))
      await running.stop()
      await bus.close()
      await store.close()
    },
  }
}

/** A registered base, an overlay of it, and a service on that. */
export async function addSampleService(master: TestMaster, id = 'org.example.search', more: object = {}) {
  const baseDigest = master.artifacts.push('base', { salt: id })
  const overlayDigest = master.artifacts.push('overlay', { base: baseDigest, salt: id })
  const label = id.split('.').at(-1)!
  const manifest = (digest: Digest) => ({ kind: 'manifest', digest })
  const base = { name: `${label}-base`, source: manifest(baseDigest) }
  const overlay = { name: `${label}-overlay`, source: manifest(overlayDigest) }
  await master.ended(await master.request('POST', '/v1/bases', { body: base }))
  await master.ended(await master.request('POST', '/v1/overlays', { body: overlay }))
  const service = { id, ports: [{ name: 'http', port: 80 }], variants: [{ overlay: overlay.name }], ...more }
  const made = await master.request('POST', '/v1/services', { body: service })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return { id, base: base.name, overlay: overlay.name, baseDigest, overlayDigest }
}

/** A capture that ended well, pushed as an agent would. */
export const captureBy =
  (artifacts: SampleArtifacts, base?: Digest) =>
  ({ id, kind }: DesiredCapture): CaptureOutcome => ({
    id,
    status: 'done',
    captured: {
      digest: artifacts.push(kind, { ...(base && { base }), salt: id }),
      machine: sampleMachine,
      hasAgent: true,
      sizeBytes: 10,
      diskBytes: 1000,
      pauseMs: 1,
    },
  })
