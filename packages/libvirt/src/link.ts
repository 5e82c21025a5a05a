// The link outlives its sessions:
//
//   connected --socket lost--> disconnected --after a delay that doubles--> connected ...
//       \________________________________ close() ______________________________/--> closed
//
// While disconnected, calls reject at once: whether to wait or to give up is for the caller to say, and so is what to
// do again. After 'reconnected' (events are registered by then) what was missed is unknown: list the domains anew.
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionError } from './errors.ts'
import { EventSubscriptions } from './event-subscriptions.ts'
import type { DomainEventName, DomainEvents } from './protocol/domain-events.ts'
import type { Call } from './protocol/procedures.ts'
import { openSession } from './session.ts'
import type { Session, SessionOptions } from './session.ts'

export type LinkOptions = SessionOptions & {
  /** Default: 100 ms, doubling up to 5 s; `false`: a lost connection stays lost. */
  reconnect?: Backoff | false
}

type Backoff = { minDelayMs: number; maxDelayMs: number }

export type LinkEvents = {
  disconnected: [reason: Error]
  reconnectFailed: [reason: Error]
  reconnected: []
  closed: [reason: Error]
}

export class Link extends EventEmitter<LinkEvents> {
  readonly #options: LinkOptions
  readonly #subscriptions = new EventSubscriptions()
  readonly #closing = new AbortController()
  #session: Session | undefined

  constructor(options: LinkOptions) {
    super()
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#session !== undefined
  }

  /** One remote call by its name in the table of procedures. */
  readonly call: Call = async (name, args, options) => this.#current(name).call(name, args, options)

  async open(): Promise<void> {
    const session = await openSession(this.#options)
    await this.#subscriptions.attach(session)
    this.#session = session
    void session.ended.then((reason) => this.#lost(reason))
    if (this.#closing.signal.aborted) this.#endSession()
  }

  /** Calls `handler` for every event of that kind, over reconnects, until the returned function is called. */
  readonly onDomainEvent = async <N extends DomainEventName>(
    name: N,
    handler: (event: DomainEvents[N]) => void,
  ): Promise<() => Promise<void>> => {
    await this.#subscriptions.add(this.#current('onDomainEvent'), name, handler)
    return () => this.#subscriptions.remove(this.#session, name, handler)
  }

  /** Says goodbye to the daemon and ends the link for good. Calls under way reject. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    await this.#session?.call('connectClose', {}, { timeoutMs: 1000 }).catch(() => {})
    this.#endSession()
  }

  #endSession(): void {
    this.#session?.end(new ConnectionError('closed', 'libvirt: the connection was closed'))
  }

  #current(what: string): Session {
    if (this.#session) return this.#session
    const failure = this.#closing.signal.aborted ? 'closed' : 'lost'
    throw new ConnectionError(failure, `libvirt ${what}: not connected to the daemon (${failure})`)
  }

  #lost(reason: Error): void {
    this.#session = undefined
    const { reconnect = { minDelayMs: 100, maxDelayMs: 5000 } } = this.#options
    if (this.#closing.signal.aborted || reconnect === false) return void this.emit('closed', reason)
    this.emit('disconnected', reason)
    void this.#reopen(reconnect)
  }

  async #reopen({ minDelayMs, maxDelayMs }: Backoff): Promise<void> {
    const { signal } = this.#closing
    for (let delayMs = minDelayMs; !this.#session; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      await sleep(delayMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      await this.open().catch((reason: Error) => this.emit('reconnectFailed', reason))
    }
    if (!signal.aborted) this.emit('reconnected')
  }
}
