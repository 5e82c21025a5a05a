// Carries writes through until what became of each is known. A server that is killed or stopped in the middle leaves
// that open: what was sent may be done, not done, or done later, when the server reads it from its socket. So the stored
// rows are looked at, and what is not there is sent again under the same number: whichever comes first is done, the
// other one finds another revision than it is to replace and does nothing.
import { StoreUnavailableError } from '../errors.ts'
import type { CollectionName } from '../store.ts'
import { endAfterSilence } from './end-after-silence.ts'
import { duplicateKey, judgeWrite } from './judge-write.ts'
import type { Answer, Outcome } from './judge-write.ts'
import { insist, silenceMs } from './mongo-server.ts'
import type { MongoServer } from './mongo-server.ts'
import { refusalOf } from './refusal.ts'
import { rowsOf, sendRows, writeErrorsOf } from './rows.ts'
import type { NumberedWrite } from './rows.ts'

export interface Settling {
  server: MongoServer
  /** False: another process may write by now; nothing is sent until it is true again. */
  mayWrite: () => boolean
}

const pauseMs = 50
/** Sent so often, with the server answering questions in between, it is not the server's state that is to blame. */
const mostRounds = 100

type Sent =
  | { kind: 'done' }
  /** There was an answer, for some or all of them. */
  | { kind: 'answered'; answers: Map<number, Answer>; isRefused: boolean }
  | { kind: 'silence' }

/** Settles writes of one collection, each of another document. @throws {StoreUnavailableError} only when it is closed */
export async function settleWrites(
  collection: CollectionName,
  writes: readonly NumberedWrite[],
  settling: Settling,
): Promise<Map<NumberedWrite, Outcome>> {
  const outcomes = new Map<NumberedWrite, Outcome>()
  let open = [...writes]
  let mostAtOnce = open.length
  let wasSilent = false
  for (let round = 1; open.length > 0; round += 1) {
    const batch = open.slice(0, mostAtOnce)
    const sent = await send(collection, batch, settling)
    wasSilent ||= sent.kind === 'silence'
    const judged = await judge(collection, batch, { sent, wasSilent, server: settling.server })
    for (const [write, verdict] of judged) {
      if (verdict.kind !== 'open') outcomes.set(write, verdict)
      else if (round > mostRounds) outcomes.set(write, { kind: 'refused', reason: `sent ${round} times, to no effect` })
    }
    open = open.filter((write) => !outcomes.has(write))
    // One of them is not to the server's taste: alone, each gets its own answer.
    if (sent.kind === 'answered' && sent.isRefused) mostAtOnce = 1
    if (open.length > 0 && sent.kind !== 'done') await pause()
  }
  return outcomes
}

async function send(collection: CollectionName, writes: readonly NumberedWrite[], settling: Settling): Promise<Sent> {
  await untilAllowed(settling)
  const rows = rowsOf(settling.server.database, collection)
  try {
    const isDone = await endAfterSilence(silenceMs, () => sendRows(rows, writes))
    return isDone ? { kind: 'done' } : { kind: 'answered', answers: new Map(), isRefused: false }
  } catch (error) {
    return readAnswers(error, writes.length)
  }
}

function readAnswers(error: unknown, count: number): Sent {
  const answers = writeErrorsOf(error)
  if (answers.size > 0) return { kind: 'answered', answers, isRefused: false }
  const refusal = refusalOf(error)
  if (refusal === undefined) return { kind: 'silence' }
  if (count === 1) answers.set(0, { code: 0, message: refusal })
  return { kind: 'answered', answers, isRefused: true }
}

/** @throws {StoreUnavailableError} when the store is closed meanwhile */
export async function untilAllowed({ server, mayWrite }: Settling): Promise<void> {
  while (!mayWrite()) {
    if (server.isClosed()) throw new StoreUnavailableError('the store is closed')
    await pause()
  }
}

async function judge(
  collection: CollectionName,
  writes: readonly NumberedWrite[],
  { sent, wasSilent, server }: { sent: Sent; wasSilent: boolean; server: MongoServer },
) {
  if (sent.kind === 'done') return writes.map((write) => [write, { kind: 'written' } as const] as const)
  const ids = writes.map(({ row }) => row._id)
  const find = () => rowsOf(server.database, collection).find({ _id: { $in: ids } })
  const found = await insist(server, () => find().toArray())
  const stored = new Map(found.map((row) => [row._id, row]))
  const answerTo = (at: number) => {
    const answer = sent.kind === 'answered' ? sent.answers.get(at) : undefined
    // A refusal says nothing of what was sent before and not answered: that may still be done.
    return wasSilent && answer?.code !== duplicateKey ? undefined : answer
  }
  return writes.map((write, at) => [write, judgeWrite(write, stored.get(write.row._id), answerTo(at))] as const)
}

const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs))
