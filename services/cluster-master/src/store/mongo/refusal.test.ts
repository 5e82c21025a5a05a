import { MongoBulkWriteError, MongoInvalidArgumentError, MongoNetworkTimeoutError, MongoServerError } from 'mongodb'
import type { BulkWriteResult } from 'mongodb'
import { SilenceError } from './end-after-silence.ts'
import { refusalOf } from './refusal.ts'

const bulk = (error: ConstructorParameters<typeof MongoBulkWriteError>[0]) =>
  new MongoBulkWriteError(error, {} as BulkWriteResult)
const refused = new MongoServerError({ message: 'no such field', code: 2 })
const lost = new MongoNetworkTimeoutError('connection 3 timed out')

it.each([
  { title: 'an answer', error: refused, refusal: 'no such field (2)' },
  { title: 'an answer to a bulk', error: bulk(refused), refusal: 'no such field (2)' },
  { title: 'what the driver does not send', error: new MongoInvalidArgumentError('too large'), refusal: 'too large' },
  { title: 'a lost connection', error: lost, refusal: undefined },
  { title: 'a lost connection under a bulk', error: bulk(lost), refusal: undefined },
  { title: 'silence', error: new SilenceError(1), refusal: undefined },
])('$title: $refusal', ({ error, refusal }) => {
  expect(refusalOf(error)).toBe(refusal)
})
