// What becomes of a message in a receiver's hands, the same for every adapter of the bus.
import { describeError } from '../errors/describe-error.ts'
import type { Logger } from '../log/logger.ts'
import { backoffMs } from '../backoff.ts'
import { waitFor } from '../wait-for.ts'
import type { DeadFact, DeliveryHandler } from './bus.ts'
import { createMessageReader } from './read-message.ts'
import { factBackoff, settleFact } from './settle-fact.ts'

export interface ReceivedMessage {
  key: string
  bytes: Buffer
  redelivered: boolean
}

/** Deals with one message; `false` when it was not dealt with before `stopped`: it goes back. Must not throw. */
export type Settle = (message: ReceivedMessage, stopped: AbortSignal) => Promise<boolean>

/** Puts a fact where the dead are; `false` when that could not be done before `stopped`. */
export type Bury = (fact: DeadFact, stopped: AbortSignal) => boolean | Promise<boolean>

/** Desired documents and reports: a newer one follows, so one that could not be handled is not worth a second try. */
export function settleOnce(handler: DeliveryHandler, logger: Logger): Settle {
  const read = createMessageReader()
  return async ({ key, bytes, redelivered }) => {
    try {
      await handler({ key, body: read(key, bytes), redelivered })
    } catch (error) {
      logger.error({ err: error, key }, `cannot handle message: ${describeError(error)}`)
    }
    return true
  }
}

export function settleUntilHandled(handler: DeliveryHandler, logger: Logger, bury: Bury): Settle {
  return async (message, stopped) => {
    const { key, bytes } = message
    const onHeldUp = (error: unknown) => logger.warn({ err: error, key }, 'cannot handle fact yet')
    const outcome = await settleFact(message, { handler, stopped, onHeldUp })
    if (outcome.kind !== 'dead') return outcome.kind === 'handled'
    logger.error({ key, reason: outcome.reason }, 'fact is dead')
    return bury({ key, reason: outcome.reason, text: bytes.toString('utf8') }, stopped)
  }
}

/** Nothing is given up here: what nobody could take stays dead, and is offered again. */
export function settleDead(handler: (fact: DeadFact) => void | Promise<void>, logger: Logger): Settle {
  return async ({ key, bytes }, stopped) => {
    for (let failures = 0; !stopped.aborted;) {
      try {
        await handler(readDead(key, bytes))
        return true
      } catch (error) {
        failures += 1
        logger.error({ err: error, key }, 'cannot take dead fact')
        await waitFor(backoffMs(failures, factBackoff), stopped)
      }
    }
    return false
  }
}

/** What the broker itself gave up comes as its sender told it. */
function readDead(key: string, bytes: Buffer): DeadFact {
  const text = bytes.toString('utf8')
  const fact = parseOrNothing(text)
  return isDeadFact(fact) ? fact : { key, reason: 'was delivered too often without being handled', text }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isDeadFact = (value: unknown): value is DeadFact =>
  typeof value === 'object' && value !== null && 'reason' in value && 'text' in value && 'key' in value
