import type { DeadFact } from '@bramble/contracts'
import type { Master } from '../master.ts'

/** How many dead facts are kept, and the newest of them. */
export function listDeadFacts({ records: { deadFacts } }: Master, limit: number): { count: number; items: DeadFact[] } {
  const newestFirst = [...deadFacts.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  const items = newestFirst
    .slice(0, limit)
    .map(({ id, key, reason, text, createdAt }) => ({ id, key, reason, text, at: createdAt }))
  return { count: deadFacts.size, items }
}

export async function forgetDeadFacts({ records: { deadFacts } }: Master): Promise<void> {
  for (const { id } of [...deadFacts.values()]) await deadFacts.remove(id)
}
