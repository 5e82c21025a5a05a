import { topology } from '@bramble/contracts'
import { backoffMs } from '../../backoff.ts'
import type { Logger } from '../../log/logger.ts'
import { waitFor } from '../../wait-for.ts'
import type { DeadFact } from '../bus.ts'
import { factBackoff } from '../settle-fact.ts'
import type { Bury } from '../settle-message.ts'
import type { BusCounts } from './bus-counts.ts'
import type { OutgoingMessage } from './publisher.ts'

export interface BuryOptions {
  publish: (message: OutgoingMessage) => Promise<void>
  counts: BusCounts
  logger: Logger
}

/** Anybody may have sent the text, and as JSON it can be six times as long: the broker refuses more than 16 MiB. */
const maxTextLength = 1_000_000

/** A fact is acknowledged only once the broker has confirmed its dead twin: until then it is tried again. */
export function createBury({ publish, counts, logger }: BuryOptions): Bury {
  return async (fact, stopped) => {
    const bytes = encodeDead(fact)
    for (let failures = 0; !stopped.aborted;) {
      try {
        await publish({ exchange: topology.exchanges.dead.name, key: fact.key, bytes, persistent: true })
        counts.dead += 1
        return true
      } catch (error) {
        failures += 1
        logger.warn({ err: error, key: fact.key }, 'cannot put a dead fact away yet')
        await waitFor(backoffMs(failures, factBackoff), stopped)
      }
    }
    return false
  }
}

const encodeDead = ({ key, reason, text }: DeadFact) =>
  Buffer.from(JSON.stringify({ key, reason: reason.slice(0, maxTextLength), text: text.slice(0, maxTextLength) }))
