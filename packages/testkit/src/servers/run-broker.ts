// A RabbitMQ with the management plugin, on ports that its caller has found: alone, or as one of a cluster.
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
  /** Over TLS, with user and password; where that was asked for. */
  tlsUrl?: string
}

export type RabbitMqOptions = ServerPlace & {
  /** More lines for rabbitmq.conf. */
  conf?: string
  /** Listens with TLS too, with this certificate; PEM texts. */
  tls?: { key: string; certificate: string; ca: string }
}

export type BrokerOptions = RabbitMqOptions & {
  ports: { amqp: number; management: number; distribution: number; epmd: number; tls?: number }
  password: string
  /** What the brokers of a cluster know each other by; one of its own when absent. */
  cookie?: string
}

/**
 * RabbitMQ (4.0.5) answers before all that it was told to make is on its disk. A quorum queue that was made within a second
 * before a SIGKILL is counted as a new member of a group that never was, and nobody gets an answer from it
 * (docs/howto/troubleshooting.md, `bus-down`). A classic queue was gone once; in 60 kills made to see that again it stayed.
 */
export const madeForGoodMs = 3000

const user = 'admin'

/** As it is called among brokers. */
export const nodeNameOf = (amqpPort: number) => `bramble-${amqpPort}@localhost`

/** Needs root. */
export async function runBroker(options: BrokerOptions): Promise<RabbitMqServer> {
  const { conf = '', tls, netns, address = '127.0.0.1', ports, password, cookie } = options
  const managementUrl = `http://${address}:${ports.management}`
  const authorization = `Basic ${btoa(`${user}:${password}`)}`

  const isReady = async () => {
    const listens = `${managementUrl}/api/health/checks/port-listener/${ports.amqp}`
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
        'rabbitmq.conf': `${listeners(address, ports)}\n${tls ? tlsListener(address, ports.tls!) : ''}\n${conf}\n`,
        ...(tls && { 'ca.crt': tls.ca, 'server.crt': tls.certificate, 'server.key': tls.key }),
      },
      '/var/lib/rabbitmq': {},
      '/var/log/rabbitmq': {},
    },
    env: {
      RABBITMQ_DEFAULT_USER: user,
      RABBITMQ_DEFAULT_PASS: password,
      RABBITMQ_NODENAME: nodeNameOf(ports.amqp),
      RABBITMQ_DIST_PORT: `${ports.distribution}`,
      ERL_EPMD_PORT: `${ports.epmd}`,
      ERL_EPMD_ADDRESS: '127.0.0.1',
      // Without +sbwt none an idle broker spins on every core for a while after each message.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
        '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none',
        ...(cookie === undefined ? [] : [`-setcookie ${cookie}`]),
      ].join(' '),
    },
    args: [],
    netns,
    isReady,
  })
  const urlOf = (scheme: string, port: number) => `${scheme}://${user}:${password}@${address}:${port}`
  const tlsUrl = tls && urlOf('amqps', ports.tls!)
  return { ...server, url: urlOf('amqp', ports.amqp), ...(tlsUrl && { tlsUrl }), managementUrl, user, password }
}

const listeners = (address: string, { amqp, management }: BrokerOptions['ports']) => `
listeners.tcp.1 = ${address}:${amqp}
management.tcp.ip = ${address}
management.tcp.port = ${management}
`

const tlsListener = (address: string, port: number) => `
listeners.ssl.1 = ${address}:${port}
ssl_options.cacertfile = /etc/rabbitmq/ca.crt
ssl_options.certfile = /etc/rabbitmq/server.crt
ssl_options.keyfile = /etc/rabbitmq/server.key
ssl_options.verify = verify_none
`
