// Carries writes through until what became of each is known. A server that is killed or stopped in the middle leaves
// that open: what was sent may be done, not done, or done later, when the server reads it from its socket. So the stored
// rows are looked at, and what is not there is sent again under the same number: whichever comes first is done, the
// other one finds another revision than it is to replace and does nothing.
import { MongoAPIError, MongoServerError } from 'mongodb'
import { describeError } from '@bramble/kit'
import { StoreUnavailableError } from '../errors.ts'
import type { CollectionName } from '../store.ts'
import { endAfterSilence } from './end-after-silence.ts'
import { judgeWrite } from './judge-write.ts'
import type { Answer, Outcome } from './judge-write.ts'
import { insist, silenceMs } from './mongo-server.ts'
import type { MongoServer } from './mongo-server.ts'
import { rowsOf, sendRows, writeErrorsOf } from './rows.ts'
import type { NumberedWrite } from './rows.ts'

export interface Settling {
  server: MongoServer
  /** False: another process may write by now; nothing is sent until it is true again. */
  mayWrite: () => boolean
}

const pauseMs = 50

type Sent = { isDone: true } | { isDone: false; answers: Map<number, Answer>; isRefused: boolean }

/** Settles writes of one collection, each of another document. @throws {StoreUnavailableError} only when it is closed */
export async function settleWrites(
  collection: CollectionName,
  writes: readonly NumberedWrite[],
  settling: Settling,
): Promise<Map<NumberedWrite, Outcome>> {
  const outcomes = new Map<NumberedWrite, Outcome>()
  let open = [...writes]
  let mostAtOnce = open.length
  while (open.length > 0) {
    const sent = open.slice(0, mostAtOnce)
    const result = await send(collection, sent, settling)
    const judged = result.isDone
      ? sent.map((write) => [write, { kind: 'written' } as const] as const)
      : await judge(collection, sent, { answers: result.answers, server: settling.server })
    for (const [write, verdict] of judged) if (verdict.kind !== 'open') outcomes.set(write, verdict)
    open = open.filter((write) => !outcomes.has(write))
    if (result.isDone) continue
    // One of them is not to the server's taste: alone, each gets its own answer.
    if (result.isRefused) mostAtOnce = 1
    if (open.length > 0) await pause()
  }
  return outcomes
}

async function send(collection: CollectionName, writes: readonly NumberedWrite[], settling: Settling): Promise<Sent> {
  await untilAllowed(settling)
  const { server } = settling
  try {
    const isDone = await endAfterSilence(silenceMs, () => sendRows(rowsOf(server.database, collection), writes))
    return isDone ? { isDone } : { isDone, answers: new Map(), isRefused: false }
  } catch (error) {
    return { isDone: false, ...readAnswers(error, writes.length) }
  }
}

/** @throws {StoreUnavailableError} when the store is closed meanwhile */
export async function untilAllowed({ server, mayWrite }: Settling): Promise<void> {
  while (!mayWrite()) {
    if (server.isClosed()) throw new StoreUnavailableError('the store is closed')
    await pause()
  }
}

function readAnswers(error: unknown, count: number): { answers: Map<number, Answer>; isRefused: boolean } {
  const answers = writeErrorsOf(error)
  const isRefused = answers.size === 0 && (error instanceof MongoServerError || error instanceof MongoAPIError)
  if (isRefused && count === 1) answers.set(0, { code: 0, message: describeError(error) })
  return { answers, isRefused }
}

async function judge(
  collection: CollectionName,
  writes: readonly NumberedWrite[],
  { answers, server }: { answers: Map<number, Answer>; server: MongoServer },
) {
  const ids = writes.map(({ row }) => row._id)
  const rows = rowsOf(server.database, collection)
  const found = await insist(server, () => rows.find({ _id: { $in: ids } }).toArray())
  const stored = new Map(found.map((row) => [row._id, row]))
  return writes.map((write, at) => [write, judgeWrite(write, stored.get(write.row._id), answers.get(at))] as const)
}

const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs))
