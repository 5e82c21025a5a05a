// One connection to the broker, which comes back by itself (amqplib's recovery), to the next broker where there are several.
// What was opened on it does not: kept-channel.ts opens it again.
//
//      connecting ---> open <---> blocked        blocked: the broker is short of memory or disk and reads nothing
//           |          ^  |          |
//           +--> down -+  +--> down <+           down: with the reason, and tried again
//
// amqplib waits without end for a broker that hangs to agree to a goodbye. `signal` of the socket is the way out.
import { checkServerIdentity } from 'node:tls'
import type { ConnectionOptions as ConnectionOptionsOfTls } from 'node:tls'
import { connect } from 'amqplib'
import type { ChannelModel } from 'amqplib'
import { describeError } from '../../errors/describe-error.ts'
import type { Logger } from '../../log/logger.ts'
import { sayGoodbye } from './answer-within.ts'
import { isRefusal, unavailable } from './broker-problem.ts'
import type { Software } from '../../software.ts'
import { createBrokerAddresses } from './broker-addresses.ts'
import { createChanges } from './changes.ts'
import { createLogin } from './login.ts'
import type { BrokerLogin } from './login.ts'

export interface ConnectionOptions {
  /** `amqp://user:password@host:port/vhost`, without a path for the vhost `/`; several of a cluster joined by commas. */
  url: string
  logger: Logger
  /** For `amqps:`; what Node trusts when absent. */
  trust?: BrokerTrust
  /** Shown beside the connection by the broker's tools. */
  name?: string
  /** Asked when the broker refuses user and password; what it gives is taken at the next attempt. */
  renewLogin?: () => Promise<BrokerLogin>
  /** Time for the broker to answer before it counts as down; 3000 when absent. */
  answerMs?: number
  /** Silence of two to three times this ends the connection; 5 when absent. */
  heartbeatSeconds?: number
}

/** How the broker is known. PEM texts. */
export interface BrokerTrust {
  /** The only authorities that count. */
  ca?: string
  /** The name that a broker of the cloudlet's own CA has whatever its address is, beside that of its URL. */
  serverName?: string
}

export interface BrokerConnection {
  answerMs: number
  /** @throws `unavailable` with the reason, at once, unless the outcome of the very first attempt is still to come */
  open(): Promise<ChannelModel>
  /** Waits until there is one; undefined when it was stopped or closed before. */
  whenOpen(stopped: AbortSignal): Promise<ChannelModel | undefined>
  /** Why nothing can be sent now; undefined when it can. */
  trouble(): Error | undefined
  /** The broker as it named itself when it was last reached. */
  about(): Software | undefined
  close(): Promise<void>
}

type State = { kind: 'connecting' } | { kind: 'closed' } | { kind: 'down'; reason: Error } | Open
type Open = { kind: 'open'; model: ChannelModel; blockedBy?: string }

const pauses = { initialDelay: 100, maxDelay: 2000 }

export function openConnection(options: ConnectionOptions): BrokerConnection {
  const { logger, name, renewLogin, answerMs = 3000, heartbeatSeconds = 5 } = options
  const brokers = createBrokerAddresses(options.url, heartbeatSeconds)
  const login = createLogin({ url: brokers.current(), logger, renewLogin })
  const destroyed = new AbortController()
  const changes = createChanges()
  let state: State = { kind: 'connecting' }
  let broker: Software | undefined

  const change = (next: State) => {
    if (state.kind === 'closed') return
    if (next.kind === 'open') broker = softwareOf(next.model, brokers.current().host)
    logChange(state, next, logger)
    state = next
    changes.tell()
  }
  const settings = {
    recovery: { waitForConnect: false, ...pauses },
    ...{ timeout: answerMs, noDelay: true, credentials: login, signal: destroyed.signal },
    ...(brokers.target.protocol === 'amqps' && tlsOptionsOf(options.trust)),
    ...(name !== undefined && { clientProperties: { connection_name: name } }),
  }
  const recovering = connect(brokers.target, settings).then((core) =>
    core
      .on('connect', (model) => change({ kind: 'open', model }))
      .on('disconnect', (reason) => {
        brokers.turnToNext()
        change({ kind: 'down', reason })
      })
      .on('connect-failed', (reason) => {
        brokers.turnToNext()
        login.connectFailed(reason)
        change({ kind: 'down', reason })
      })
      .on('blocked', (blockedBy) => state.kind === 'open' && change({ ...state, blockedBy }))
      .on('unblocked', () => state.kind === 'open' && change({ kind: 'open', model: state.model }))
      // 'disconnect' follows.
      .on('error', () => {}),
  )

  return {
    answerMs,
    open: async () => {
      if (state.kind === 'connecting') await changes.next(destroyed.signal)
      const trouble = troubleOf(state)
      if (trouble) throw trouble
      return (state as Open).model
    },
    whenOpen: async (stopped) => {
      while (!stopped.aborted && state.kind !== 'open' && state.kind !== 'closed') await changes.next(stopped)
      return state.kind === 'open' && !stopped.aborted ? state.model : undefined
    },
    trouble: () => troubleOf(state),
    about: () => broker,
    close: async () => {
      change({ kind: 'closed' })
      await sayGoodbye(recovering.then((core) => core.close()))
      destroyed.abort()
    },
  }
}

function softwareOf({ connection }: ChannelModel, host: string): Software {
  const { product, version } = connection.serverProperties
  return { product, version, host }
}

/** Without a CA of one's own the name in the certificate has to be that of the URL. */
const tlsOptionsOf = ({ ca, serverName }: BrokerTrust = {}): ConnectionOptionsOfTls => ({
  minVersion: 'TLSv1.2',
  ...(ca !== undefined && { ca }),
  ...(ca !== undefined &&
    serverName !== undefined && {
      checkServerIdentity: (host, certificate) =>
        checkServerIdentity(serverName, certificate) && checkServerIdentity(host, certificate),
    }),
})

function troubleOf(state: State): Error | undefined {
  if (state.kind === 'closed') return unavailable('The bus is closed.')
  if (state.kind === 'connecting') return unavailable('The broker was not reached yet.')
  if (state.kind === 'down') return unavailable(whyDown(state.reason), state.reason)
  if (state.blockedBy === undefined) return undefined
  return unavailable(`The broker takes no messages at present: ${state.blockedBy}.`)
}

const whyDown = (reason: Error) =>
  isRefusal(reason) ? 'The broker refuses this user or its password.' : 'The broker cannot be reached.'

/** Once for each way in and out, however often it is tried in between. */
function logChange(before: State, after: State, logger: Logger): void {
  const [was, is] = [troubleOf(before), troubleOf(after)]
  if (after.kind === 'open' && was && !is) logger.info('connected to the broker')
  if (is && after.kind !== 'closed' && before.kind !== after.kind) {
    logger.warn({ err: is }, `${describeError(is)}; it is tried again`)
  }
}
