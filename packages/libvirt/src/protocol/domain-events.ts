import { i32, string, struct } from '../xdr/index.ts'
import type { Codec } from '../xdr/index.ts'
import { domainRef, paramValues, typedParams } from './types.ts'
import type { DomainRef, ParamValues } from './types.ts'
import { lifecycleKinds, nameOf, stoppedReasons } from './names.ts'

export type DomainEvents = {
  /** `detail` is libvirt's own number for the kind; for 'stopped' `reason` names it. */
  lifecycle: {
    domain: DomainRef
    kind: (typeof lifecycleKinds)[number] | 'unknown'
    detail: number
    reason?: (typeof stoppedReasons)[number] | 'unknown'
  }
  reboot: { domain: DomainRef }
  agentLifecycle: { domain: DomainRef; isConnected: boolean }
  migrationIteration: { domain: DomainRef; iteration: number }
  jobCompleted: { domain: DomainRef; stats: ParamValues }
  deviceRemoved: { domain: DomainRef; alias: string }
}

export type DomainEventName = keyof DomainEvents

/** How one kind of event is asked for (`id`) and arrives (`number`, layout). */
export type EventRow<T> = { id: number; number: number; decode(message: unknown): T; message: Codec<unknown> }

function event<M, T>(id: number, number: number, message: Codec<M>, decode: (message: M) => T): EventRow<T> {
  return { id, number, message, decode: (value) => decode(value as M) }
}

const callbackId = i32

/** Source: the enum virDomainEventID and remote_protocol.x of libvirt. To add an event, add a row. */
export const domainEvents: { [N in DomainEventName]: EventRow<DomainEvents[N]> } = {
  lifecycle: event(
    0,
    318,
    struct({ callbackId, domain: domainRef, event: i32, detail: i32 }),
    ({ domain, event, detail }) => {
      const kind = nameOf(lifecycleKinds, event)
      return kind === 'stopped'
        ? { domain, kind, detail, reason: nameOf(stoppedReasons, detail) }
        : { domain, kind, detail }
    },
  ),
  reboot: event(1, 319, struct({ callbackId, domain: domainRef }), ({ domain }) => ({ domain })),
  deviceRemoved: event(15, 333, struct({ callbackId, domain: domainRef, alias: string }), ({ domain, alias }) => ({
    domain,
    alias,
  })),
  agentLifecycle: event(
    18,
    348,
    struct({ callbackId, domain: domainRef, state: i32, reason: i32 }),
    ({ domain, state }) => ({ domain, isConnected: state === 1 }),
  ),
  migrationIteration: event(
    20,
    359,
    struct({ callbackId, domain: domainRef, iteration: i32 }),
    ({ domain, iteration }) => ({ domain, iteration }),
  ),
  jobCompleted: event(
    21,
    363,
    struct({ callbackId, domain: domainRef, params: typedParams }),
    ({ domain, params }) => ({
      domain,
      stats: paramValues(params),
    }),
  ),
}
