import type { Patch } from '../support/patch.ts'

/** The agent forgets a fact once it was sent, confirmed or not: a broker that dies takes it along. */
export const tellsFactsOnce: Patch = {
  file: 'services/node-agent/src/facts/outbox.ts',
  find: 'await bus.publishFact(key, fact)',
  replace: 'bus.publishFact(key, fact).catch(() => {})',
}
