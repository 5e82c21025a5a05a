// A session is one socket on which the daemon has been greeted: authentication asked, hypervisor opened, keepalive
// running. It ends with its socket; what outlives it is in link.ts.
import { once } from 'node:events'
import { connect } from 'node:net'
import { ConnectionError } from './errors.ts'
import { procedures } from './protocol/procedures.ts'
import type { Call } from './protocol/procedures.ts'
import { withDeadline } from './rpc/deadline.ts'
import { keepAlive } from './rpc/keepalive.ts'
import type { KeepaliveOptions } from './rpc/keepalive.ts'
import type { Message } from './rpc/message.ts'
import { RpcConnection } from './rpc/rpc-connection.ts'

export type SessionOptions = {
  /** Default: /run/libvirt/libvirt-sock, or libvirt-sock-ro when `isReadonly`. */
  socketPath?: string
  /** Default: qemu:///system. */
  uri?: string
  isReadonly?: boolean
  /** Default: a ping every 5 s, given up after 5; `false`: none. */
  keepalive?: KeepaliveOptions | false
  /** libvirtd stops reading (our pings too) when a client has max_client_requests = 5 calls in flight. Default: 4. */
  maxCallsInFlight?: number
  /** For the greeting as a whole. Default: 10 s. */
  openTimeoutMs?: number
}

export type Session = {
  call: Call
  ended: Promise<Error>
  onMessage(listener: (message: Message) => void): void
  end(reason: Error): void
}

const readonlyFlag = 1
const keepaliveFeature = 10
const authTypes = { none: 0, polkit: 2 }

export async function openSession(options: SessionOptions): Promise<Session> {
  const connection = new RpcConnection(await connectSocket(socketPathOf(options)), options.maxCallsInFlight ?? 4)
  const session: Session = {
    call: (name, args, callOptions) => connection.call(name, procedures[name], args, callOptions) as never,
    ended: connection.ended,
    onMessage: (listener) => connection.onMessage(listener),
    end: (reason) => connection.end(reason),
  }
  if (options.keepalive !== false) {
    keepAlive(connection, options.keepalive ?? { intervalMs: 5000, maxUnanswered: 5 })
  }
  const { openTimeoutMs = 10_000 } = options
  const late = () => new ConnectionError('timeout', `libvirt: not greeted within ${openTimeoutMs} ms`)
  try {
    await withDeadline(greet(session.call, options), openTimeoutMs, late)
  } catch (error) {
    session.end(error as Error)
    throw error
  }
  return session
}

async function greet(call: Call, { uri = 'qemu:///system', isReadonly, keepalive }: SessionOptions): Promise<void> {
  await authenticate(call)
  // Asking for the feature is what makes the daemon send pings of its own.
  if (keepalive !== false) await call('connectSupportsFeature', { feature: keepaliveFeature })
  await call('connectOpen', { uri, flags: isReadonly ? readonlyFlag : 0 })
}

async function authenticate(call: Call): Promise<void> {
  const { types } = await call('authList', {})
  if (types.length === 0 || types.includes(authTypes.none)) return
  if (!types.includes(authTypes.polkit)) {
    throw new ConnectionError('authentication', `libvirt: the daemon asks for authentication of type ${types.join()}`)
  }
  await call('authPolkit', {}).catch((cause: Error) => {
    throw new ConnectionError('authentication', `libvirt: polkit refused: ${cause.message}`, cause)
  })
}

function socketPathOf({ socketPath, isReadonly }: SessionOptions): string {
  return socketPath ?? `/run/libvirt/libvirt-sock${isReadonly ? '-ro' : ''}`
}

async function connectSocket(path: string) {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return socket
  } catch (cause) {
    throw new ConnectionError('unreachable', `libvirt: cannot connect to ${path}: ${(cause as Error).message}`, cause)
  }
}
