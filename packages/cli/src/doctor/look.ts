import { listAll, request, type Client } from '@bramble/client'
import type { Health, Instance, Node, Operation, SystemService } from '@bramble/contracts'
import type { Host } from '../host/host.ts'
import { logsOfHost, type Places } from '../host/logs.ts'

/** What the probe of the master says, which is answered without a token and while the master waits. */
export interface Probe {
  health: Health
  /** The master's clock less this host's, to a second. */
  aheadMs: number
}

/** What checks look at: the master and this host, each asked once for all checks. */
export interface Look {
  client: Client
  env: NodeJS.ProcessEnv
  host: Host
  places: Places
  probe: () => Promise<Probe>
  nodes: () => Promise<Node[]>
  services: () => Promise<SystemService[]>
  instances: () => Promise<Instance[]>
  /** Those that ended last, newest first. */
  operations: () => Promise<Operation[]>
  metrics: () => Promise<string>
  /** Ends of the logs of what runs on this host. */
  logs: () => Promise<string[]>
}

export type Surroundings = Pick<Look, 'client' | 'env' | 'host' | 'places'>

const page: { limit: number; cursor?: string } = { limit: 1000 }

const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let reading: Promise<T> | undefined
  return () => (reading ??= read())
}

const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const read: Item[] = []
  for await (const item of items) read.push(item)
  return read
}

const readProbe = async ({ client, host }: Surroundings): Promise<Probe> => {
  const answer = await request(client, { method: 'GET', path: '/readyz', accept: [503] })
  const at = Date.parse(answer.headers.get('date') ?? '')
  // It tells whole seconds, rounded down.
  const aheadMs = Number.isNaN(at) ? 0 : at + 500 - host.now().getTime()
  return { health: (await answer.json()) as Health, aheadMs }
}

export const lookAround = (surroundings: Surroundings): Look => {
  const { client } = surroundings
  return {
    ...surroundings,
    probe: once(() => readProbe(surroundings)),
    nodes: once(() => all(listAll(client.nodes.list, page))),
    services: once(async () => (await client.system.services()).items),
    instances: once(() => all(listAll(client.instances.list, page))),
    operations: once(async () => (await client.operations.list({ query: { sort: '-createdAt', limit: 200 } })).items),
    metrics: once(async () => (await request(client, { method: 'GET', path: '/metrics' })).text()),
    logs: once(async () => (await logsOfHost(surroundings, { lines: 2000 })).map(({ text }) => text)),
  }
}
