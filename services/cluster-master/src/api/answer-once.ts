// Idempotency-Key: the same request sent twice does its work once. What a key stands for is stored before the work, with
// the id that the operation will have; a crash in between leaves a record without its operation, and the repeated
// request then does the work under that same id.
import { createHash } from 'node:crypto'
import { newId } from '@bramble/contracts'
import type { OperationId, Route } from '@bramble/contracts'
import { ProblemError, reply } from '@bramble/kit'
import type { Reply } from '@bramble/kit'
import type { Caller, Master } from '../master.ts'
import { WriteInDoubtError } from '../store/errors.ts'
import type { IdempotencyRecord } from '../store/store.ts'
import { callerOf } from './caller-of.ts'

interface KeyedCall {
  idempotencyKey: string | undefined
  params: unknown
  body: unknown
  requestId: string
  principal: { tokenId: string }
}

export interface Once<Answer> {
  route: Route
  /** Does the work; for an operation under `caller.operationId`. */
  act: (caller: Caller) => Promise<Answer>
  /** Finds again what a key has made. */
  recall: (record: IdempotencyRecord) => Promise<Answer | undefined>
  /** Kept as the answer of a key that made no operation. */
  keepsAnswer?: boolean
}

export type AnswerOnce = <Answer>(call: KeyedCall, once: Once<Answer>) => Promise<Answer>

export function createAnswerOnce({ store }: Pick<Master, 'store'>): AnswerOnce {
  const records = store.collection('idempotency')
  const underWay = new Map<string, OperationId>()

  const begin = async (id: string, bodyHash: string) => {
    const known = await records.get(id)
    if (known && known.bodyHash !== bodyHash)
      throw new ProblemError('idempotency_key_reused', 'This Idempotency-Key came with another request before.')
    return known ?? records.insert({ id, bodyHash, operationId: underWay.get(id) })
  }

  return async (call, { route, act, recall, keepsAnswer }) => {
    const caller = callerOf(call)
    if (call.idempotencyKey === undefined) return act(caller)
    const id = hash([caller.tokenId, checkKey(call.idempotencyKey)])
    const bodyHash = hash([route.id, call.params, call.body])
    const running = underWay.get(id)
    if (running) throw new ProblemError('idempotency_key_running', `It is operation ${running}.`)
    underWay.set(id, newId('operation'))
    const end = () => void underWay.delete(id)
    try {
      const record = await begin(id, bodyHash)
      const recalled = await recall(record)
      const answer = recalled ?? (await forgetOnRefusal(id, () => act({ ...caller, ...operationOf(record) })))
      if (keepsAnswer && recalled === undefined) await records.update(id, (current) => ({ ...current, answer }))
      end()
      return answer
    } catch (error) {
      // Until it is known what became of it, a repetition would not find what may still be made.
      if (error instanceof WriteInDoubtError) error.outcome.then(end, end)
      else end()
      throw error
    }
  }

  /** A request that was refused may be sent again with its key once the reason is gone. */
  async function forgetOnRefusal<T>(id: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      if (error instanceof ProblemError) await records.remove(id)
      throw error
    }
  }
}

const operationOf = ({ operationId }: IdempotencyRecord) => ({ operationId: operationId as OperationId })

function checkKey(key: string): string {
  if (/^[\x20-\x7e]{1,200}$/.test(key)) return key
  throw new ProblemError('invalid_input', 'An Idempotency-Key has 1 to 200 printable ASCII characters.')
}

const hash = (parts: unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

/** 202 with where the operation is found. */
export const replyAccepted = <O extends { id: string }>(operation: O): Reply<O> =>
  reply(operation, { location: `/v1/operations/${operation.id}` })
