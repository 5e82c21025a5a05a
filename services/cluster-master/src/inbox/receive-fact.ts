import { Fact, senderOf } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Delivery } from '@bramble/kit'
import type { UnnumberedEvent } from '../events/event-log.ts'
import type { Master } from '../master.ts'
import { tellStoreErrors } from '../tell-store-errors.ts'

/** Told by the instance's document as well, once for each. */
const toldByDocument = new Set(['failed', 'deleted'])

/** A fact becomes an event. Its id is the event's, so that a second telling adds nothing. */
export function createFactReceiver({ events }: Master): (delivery: Delivery) => Promise<void> {
  return async ({ key, body }) => {
    const fact = Fact.parse(body)
    const sender = `node.${fact.node}`
    if (senderOf(key) !== sender) throw new ProblemError('forbidden', `${key} tells a fact of ${fact.node}.`)
    const { id, at, instance, verb, detail } = fact
    if (toldByDocument.has(verb)) return
    const event: UnnumberedEvent = {
      id: `${sender}:${id}`,
      type: `instance.${verb}`,
      at,
      resource: { kind: 'instance', id: instance },
      summary: `instance ${instance} ${verb} on ${fact.node}${detail ? `: ${detail}` : ''}`,
    }
    // While the store is down the fact stays with the bus, which hands it over again.
    await tellStoreErrors(() => events.append([event]))
  }
}
