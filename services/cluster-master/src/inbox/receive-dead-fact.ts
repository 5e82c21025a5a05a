import { createHash } from 'node:crypto'
import type { DeadFact } from '@bramble/kit'
import type { Master } from '../master.ts'
import { DuplicateError } from '../store/errors.ts'
import { tellStoreErrors } from '../tell-store-errors.ts'

const kept = 1000
const textLength = 4096

/** A dead fact is kept for people to look at: the newest ones, each once, however often it is handed over. */
export function createDeadFactReceiver({ records: { deadFacts } }: Master): (fact: DeadFact) => Promise<void> {
  return async ({ key, reason, text }) => {
    const draft = { id: idOf({ key, text }), key, reason, text: text.slice(0, textLength) }
    // While the store is down the fact stays with the bus, which hands it over again.
    await tellStoreErrors(() => deadFacts.insert(draft)).catch(unlessKept)
    const surplus = Math.max(0, deadFacts.size - kept)
    const oldest = [...deadFacts.values()].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).slice(0, surplus)
    for (const { id } of oldest) await deadFacts.remove(id)
  }
}

const idOf = ({ key, text }: Pick<DeadFact, 'key' | 'text'>) =>
  `df-${createHash('sha256').update(`${key}\n${text}`).digest('hex').slice(0, 32)}`

function unlessKept(error: unknown): void {
  if (!(error instanceof DuplicateError)) throw error
}
