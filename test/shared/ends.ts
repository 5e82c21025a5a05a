import { isTerminal } from '@bramble/contracts'
import type { Operation } from '@bramble/contracts'
import { pollUntil, readStore } from '@bramble/testkit'
import type { Cloudlet } from '@bramble/testkit'

export interface Ends {
  operations: Operation[]
  /** Operations that have not ended, or of whose end there is not exactly one event. */
  wrong: { id: string; kind: string; status: string; events: string[] }[]
}

/** How the operations of a cloudlet ended, read from its store once it has told of the last of them. */
export async function readEnds({ stateDir }: Cloudlet): Promise<Ends> {
  const whenTold = async () => {
    // A copy made in the middle of a write may not open.
    const ends = await endsIn(stateDir).catch(() => undefined)
    return ends?.wrong.every(({ events }) => events.length > 0) && ends
  }
  return pollUntil(whenTold, 'the event of every end').catch(() => endsIn(stateDir))
}

async function endsIn(stateDir: string): Promise<Ends> {
  const { documents, events } = await readStore(stateDir)
  const ends = new Map<string, string[]>()
  for (const { resource, type } of events)
    if (/^operation\.(succeeded|failed|cancelled)$/.test(type))
      ends.set(resource.id, [...(ends.get(resource.id) ?? []), type])
  const operations = documents<Operation>('operations')
  const isRight = ({ id, status }: Operation) => isTerminal(status) && `${ends.get(id)}` === `operation.${status}`
  const wrong = operations.filter((operation) => !isRight(operation))
  return {
    operations,
    wrong: wrong.map(({ id, kind, status }) => ({ id, kind, status, events: ends.get(id) ?? [] })),
  }
}
