import { randomBytes } from 'node:crypto'
import { findFreePorts } from './free-ports.ts'
import { runInRoot } from './run-in-root.ts'
import type { ServerInRoot, ServerPlace } from './run-in-root.ts'

export type RabbitMqServer = ServerInRoot & {
  /** With user and password. */
  url: string
  /** Of the management API, without user and password. */
  managementUrl: string
  /** The one administrator; there is no guest. */
  user: string
  password: string
}

export type RabbitMqOptions = ServerPlace & {
  /** More lines for rabbitmq.conf. */
  conf?: string
}

/** A broker of its own with the management plugin, on ports of loopback or of another place alone. Needs root. */
export async function startRabbitMq(options: RabbitMqOptions = {}): Promise<RabbitMqServer> {
  const { conf = '', netns, address = '127.0.0.1' } = options
  const [amqpPort, managementPort, distributionPort, epmdPort] = (await findFreePorts(4)) as [number, ...number[]]
  const [user, password] = ['admin', randomBytes(16).toString('hex')]
  const managementUrl = `http://${address}:${managementPort}`
  const authorization = `Basic ${btoa(`${user}:${password}`)}`

  const isReady = async () => {
    const listens = `${managementUrl}/api/health/checks/port-listener/${amqpPort}`
    const answer = await fetch(listens, { headers: { authorization }, signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    )
    await answer?.body?.cancel()
    return answer?.ok ?? false
  }
  const server = await runInRoot({
    name: 'rabbitmq',
    folders: {
      '/etc/rabbitmq': {
        enabled_plugins: '[rabbitmq_management].\n',
        'rabbitmq.conf': `${listeners(address, amqpPort, managementPort!)}\n${conf}\n`,
      },
      '/var/lib/rabbitmq': {},
      '/var/log/rabbitmq': {},
    },
    env: {
      RABBITMQ_DEFAULT_USER: user,
      RABBITMQ_DEFAULT_PASS: password,
      RABBITMQ_NODENAME: `bramble-${amqpPort}@localhost`,
      RABBITMQ_DIST_PORT: `${distributionPort}`,
      ERL_EPMD_PORT: `${epmdPort}`,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      // Without +sbwt none an idle broker spins on every core for a while after each message.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
    },
    args: [],
    netns,
    isReady,
  })
  return { ...server, url: `amqp://${user}:${password}@${address}:${amqpPort}`, managementUrl, user, password }
}

const listeners = (address: string, amqpPort: number, managementPort: number) => `
listeners.tcp.1 = ${address}:${amqpPort}
management.tcp.ip = ${address}
management.tcp.port = ${managementPort}
`
