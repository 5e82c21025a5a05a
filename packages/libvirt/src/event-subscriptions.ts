// Who wants to hear which domain events. The daemon is asked once for each kind of event, however many handlers there
// are, and asked again on every new session.
import { remoteProgram } from './protocol/procedures.ts'
import { domainEvents } from './protocol/domain-events.ts'
import type { DomainEventName, DomainEvents, EventRow } from './protocol/domain-events.ts'
import { messageTypes } from './rpc/message.ts'
import type { Message } from './rpc/message.ts'
import type { Session } from './session.ts'
import { decode } from './xdr/index.ts'

type Handler = (event: DomainEvents[DomainEventName]) => void
type Subscription = { name: DomainEventName; handlers: Set<Handler>; callbackId: Promise<number> }

export class EventSubscriptions {
  readonly #byName = new Map<DomainEventName, Subscription>()

  /** Asks a new session for all that is wanted, and passes on what it brings. */
  async attach(session: Session): Promise<void> {
    session.onMessage((message) => this.#deliver(message))
    for (const subscription of this.#byName.values()) {
      subscription.callbackId = register(session, subscription.name)
      await subscription.callbackId
    }
  }

  async add<N extends DomainEventName>(
    session: Session,
    name: N,
    handler: (event: DomainEvents[N]) => void,
  ): Promise<void> {
    const subscription = this.#byName.get(name) ?? { name, handlers: new Set(), callbackId: register(session, name) }
    this.#byName.set(name, subscription)
    subscription.handlers.add(handler as Handler)
    try {
      await subscription.callbackId
    } catch (error) {
      this.#byName.delete(name)
      throw error
    }
  }

  /** `session`: undefined when there is none now; then there is nothing to take back. */
  async remove(session: Session | undefined, name: DomainEventName, handler: (event: never) => void): Promise<void> {
    const subscription = this.#byName.get(name)
    if (!subscription?.handlers.delete(handler as Handler) || subscription.handlers.size > 0) return
    this.#byName.delete(name)
    const callbackId = await subscription.callbackId
    await session?.call('connectDomainEventCallbackDeregisterAny', { callbackId })
  }

  #deliver({ header, payload }: Message): void {
    if (header.program !== remoteProgram || header.type !== messageTypes.event) return
    for (const { name, handlers } of this.#byName.values()) {
      const row: EventRow<DomainEvents[DomainEventName]> = domainEvents[name]
      if (row.number !== header.procedure) continue
      const event = row.decode(decode(row.message, payload))
      // In a task of its own: a handler that throws is its owner's bug, not a broken connection.
      for (const handler of handlers) queueMicrotask(() => handler(event))
    }
  }
}

async function register(session: Session, name: DomainEventName): Promise<number> {
  const eventId = domainEvents[name].id
  const { callbackId } = await session.call('connectDomainEventCallbackRegisterAny', { eventId, domain: null })
  return callbackId
}
