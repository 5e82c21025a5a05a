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
  /** Over TLS, with user and password; where that was asked for. */
  tlsUrl?: string
}

export type RabbitMqOptions = ServerPlace & {
  /** More lines for rabbitmq.conf. */
  conf?: string
  /** Listens with TLS too, with this certificate; PEM texts. */
  tls?: { key: string; certificate: string; ca: string }
}

/** A broker of its own with the management plugin, on ports of loopback or of another place alone. Needs root. */
export async function startRabbitMq(options: RabbitMqOptions = {}): Promise<RabbitMqServer> {
  const { conf = '', tls, netns, address = '127.0.0.1' } = options
  const ports = (await findFreePorts(5)) as [number, ...number[]]
  const [amqpPort, managementPort, distributionPort, epmdPort, tlsPort] = ports
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
        'rabbitmq.conf': `${listeners(address, amqpPort, managementPort!)}\n${tls ? tlsListener(address, tlsPort!) : ''}\n${conf}\n`,
        ...(tls && { 'ca.crt': tls.ca, 'server.crt': tls.certificate, 'server.key': tls.key }),
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
  const urlOf = (scheme: string, port: number) => `${scheme}://${user}:${password}@${address}:${port}`
  const tlsUrl = tls && urlOf('amqps', tlsPort!)
  return { ...server, url: urlOf('amqp', amqpPort), ...(tlsUrl && { tlsUrl }), managementUrl, user, password }
}

const listeners = (address: string, amqpPort: number, managementPort: number) => `
listeners.tcp.1 = ${address}:${amqpPort}
management.tcp.ip = ${address}
management.tcp.port = ${managementPort}
`

const tlsListener = (address: string, port: number) => `
listeners.ssl.1 = ${address}:${port}
ssl_options.cacertfile = /etc/rabbitmq/ca.crt
ssl_options.certfile = /etc/rabbitmq/server.crt
ssl_options.keyfile = /etc/rabbitmq/server.key
ssl_options.verify = verify_none
`
