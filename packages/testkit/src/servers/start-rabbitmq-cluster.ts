// Three brokers as one cluster (docs/howto/standby-master.md, "RabbitMQ of three nodes"), each of which can be killed and
// started again alone. They find each other through one epmd that is nobody's: it lives on when a broker is killed.
import { randomBytes } from 'node:crypto'
import { pollUntil } from '../poll-until.ts'
import { acceptsConnections } from '../accepts-connections.ts'
import { findFreePorts } from './free-ports.ts'
import { nodeNameOf, runBroker } from './run-broker.ts'
import type { RabbitMqServer } from './run-broker.ts'
import { runInRoot } from './run-in-root.ts'

export type RabbitMqCluster = {
  brokers: readonly RabbitMqServer[]
  /** Of all of them, joined by commas, with user and password. */
  url: string
  managementUrl: string
  /** Ends all of them and removes their data. */
  stop(): Promise<void>
}

const size = 3

/** On loopback. Needs root. */
export async function startRabbitMqCluster(): Promise<RabbitMqCluster> {
  const [epmd, ...free] = (await findFreePorts(1 + 3 * size)) as [number, ...number[]]
  const ports = Array.from({ length: size }, (_, at) => {
    const [amqp, management, distribution] = free.slice(3 * at) as [number, number, number]
    return { amqp, management, distribution, epmd }
  })
  const common = { password: randomBytes(16).toString('hex'), cookie: randomBytes(16).toString('hex') }
  const conf = clusterConf(ports.map(({ amqp }) => nodeNameOf(amqp)))
  const names = await startNames(epmd)
  const started = await Promise.allSettled(ports.map((own) => runBroker({ ...common, conf, ports: own })))
  const brokers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop()))
    await names.stop()
  }
  try {
    const failed = started.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    if (failed.length > 0) throw new AggregateError(failed, 'a broker of the cluster did not start')
    await pollUntil(async () => (await countRunning(brokers[0]!)) === size, 'the brokers to be one cluster', 20_000)
  } catch (error) {
    await stop()
    throw error
  }
  const all = (key: 'url' | 'managementUrl') => brokers.map((broker) => broker[key]).join(',')
  return { brokers, url: all('url'), managementUrl: all('managementUrl'), stop }
}

const clusterConf = (names: string[]) =>
  [
    'cluster_formation.peer_discovery_backend = classic_config',
    ...names.map((name, at) => `cluster_formation.classic_config.nodes.${at + 1} = ${name}`),
    'cluster_partition_handling = pause_minority',
  ].join('\n')

const startNames = (port: number) =>
  runInRoot({
    name: 'rabbitmq',
    folders: {},
    env: { ERL_EPMD_PORT: `${port}`, ERL_EPMD_ADDRESS: '127.0.0.1' },
    args: ['epmd'],
    isReady: () => acceptsConnections({ port, host: '127.0.0.1' }),
  })

async function countRunning({ managementUrl, user, password }: RabbitMqServer): Promise<number> {
  const headers = { authorization: `Basic ${btoa(`${user}:${password}`)}` }
  const answer = await fetch(`${managementUrl}/api/nodes?columns=running`, { headers })
  return ((await answer.json()) as { running: boolean }[]).filter(({ running }) => running).length
}
