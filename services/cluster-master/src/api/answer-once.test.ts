import { newId, routes } from '@bramble/contracts'
import { systemClock } from '@bramble/kit'
import { WriteInDoubtError } from '../store/errors.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { createAnswerOnce } from './answer-once.ts'

let store: Store
beforeEach(() => void (store = openSqliteStore({ path: ':memory:', clock: systemClock })))
afterEach(() => store.close())

it('lets a request be repeated only when it is known what became of the first one', async () => {
  const answerOnce = createAnswerOnce({ store })
  const call = { idempotencyKey: 'k', params: {}, body: {}, requestId: 'r', principal: { tokenId: newId('token') } }
  const { promise: outcome, resolve } = Promise.withResolvers<void>()
  const made: unknown[] = []
  const repeat = () =>
    answerOnce(call, {
      route: routes.instances.launch,
      act: async ({ operationId }) => {
        void outcome.then(() => made.push(operationId))
        throw new WriteInDoubtError(outcome)
      },
      recall: async ({ operationId }) => made.find((id) => id === operationId),
    })
  await expect(repeat()).rejects.toThrow(WriteInDoubtError)
  await expect(repeat()).rejects.toMatchObject({ code: 'idempotency_key_running' })
  resolve()
  await outcome
  expect(await repeat()).toBe(made[0])
})
