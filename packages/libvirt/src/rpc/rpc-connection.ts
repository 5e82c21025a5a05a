// One socket to the daemon, from its opening to its end: calls are told apart by serial number, so many may be under
// way at once; messages that nobody asked for (events, keepalive) go to the listeners. When the socket ends, for
// whatever reason, every call under way is rejected with that reason, and nothing is ever sent again.
import type { Duplex } from 'node:stream'
import { ConnectionError, LibvirtError } from '../errors.ts'
import type { CallOptions, Procedure } from '../protocol/procedures.ts'
import { remoteProgram } from '../protocol/procedures.ts'
import { errorMessage } from '../protocol/types.ts'
import { decode, encode } from '../xdr/index.ts'
import { withDeadline } from './deadline.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { decodeMessage, encodeMessage, messageTypes, statuses } from './message.ts'
import type { Header, Message } from './message.ts'
import { Places } from './places.ts'

type Pending = { resolve(payload: Buffer): void; reject(error: Error): void; name: string }

export class RpcConnection {
  /** Resolves, never rejects, with why the connection ended. */
  readonly ended: Promise<Error>
  readonly #socket: Duplex
  readonly #places: Places
  readonly #splitter = new FrameSplitter()
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Set<(message: Message) => void>()
  readonly #resolveEnded: (reason: Error) => void
  #endReason: Error | undefined
  #serial = 0

  /** `socket`: already connected. */
  constructor(socket: Duplex, maxCallsInFlight: number) {
    const { promise, resolve } = Promise.withResolvers<Error>()
    this.ended = promise
    this.#resolveEnded = resolve
    this.#socket = socket
    this.#places = new Places(maxCallsInFlight)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (cause) => this.end(new ConnectionError('lost', `libvirt: ${cause.message}`, cause)))
    for (const event of ['end', 'close']) {
      socket.on(event, () => this.end(new ConnectionError('lost', 'libvirt: the daemon closed the connection')))
    }
  }

  /** Rejects at once when the connection has ended. A call that ran into its timeout is still done by the daemon. */
  async call(name: string, procedure: Procedure, args: unknown, { timeoutMs }: CallOptions = {}): Promise<unknown> {
    const payload = await withDeadline(
      this.#places.run(() => this.#exchange(name, procedure, encode(procedure.args, args))),
      timeoutMs,
      () => new ConnectionError('timeout', `libvirt ${name}: no answer within ${timeoutMs} ms`),
    )
    return decode(procedure.ret, payload)
  }

  /** Sends without expecting an answer. */
  notify(program: number, procedure: number): void {
    this.#send({
      header: { program, version: 1, procedure, type: messageTypes.event, serial: 0, status: statuses.ok },
      payload: Buffer.alloc(0),
    })
  }

  /** Hears every message that comes in, answers to calls included. */
  onMessage(listener: (message: Message) => void): void {
    this.#listeners.add(listener)
  }

  end(reason: Error): void {
    if (this.#endReason) return
    this.#endReason = reason
    this.#socket.destroy()
    for (const { reject, name } of this.#pending.values()) reject(unanswered(name, reason))
    this.#pending.clear()
    this.#resolveEnded(reason)
  }

  #exchange(name: string, { program = remoteProgram, number }: Procedure, payload: Buffer): Promise<Buffer> {
    if (this.#endReason) return Promise.reject(unanswered(name, this.#endReason))
    const serial = ++this.#serial
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
    this.#pending.set(serial, { resolve, reject, name })
    const { call: type } = messageTypes
    this.#send({ header: { program, version: 1, procedure: number, type, serial, status: statuses.ok }, payload })
    return promise
  }

  #send(message: Message): void {
    if (!this.#endReason) this.#socket.write(encodeMessage(message))
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#splitter.push(chunk)) this.#dispatch(decodeMessage(frame))
    } catch (cause) {
      this.end(new ConnectionError('protocol', `libvirt: ${(cause as Error).message}`, cause))
    }
  }

  #dispatch(message: Message): void {
    if (message.header.type === messageTypes.reply) this.#answer(message.header, message.payload)
    for (const listener of this.#listeners) listener(message)
  }

  // The call leaves the list last: should its error be undecodable, it is rejected with the connection's end.
  #answer({ serial, status }: Header, payload: Buffer): void {
    const pending = this.#pending.get(serial)
    if (!pending) return
    if (status === statuses.ok) pending.resolve(payload)
    else pending.reject(new LibvirtError(pending.name, decode(errorMessage, payload)))
    this.#pending.delete(serial)
  }
}

function unanswered(name: string, reason: Error): ConnectionError {
  const failure = reason instanceof ConnectionError ? reason.failure : 'lost'
  return new ConnectionError(failure, `libvirt ${name}: no answer, ${reason.message}`, reason)
}
