import { metaOf } from './meta.ts'
import type { MongoServer } from './mongo-server.ts'

/** How many numbers are taken from the server at a time. */
const rangeSize = 1_000_000

/**
 * The numbers of writes. Each opening of the store takes ranges of its own, later than all that were taken before: no
 * number is ever given twice, not even by a process that was thought dead.
 */
export interface WriteNumbers {
  /** Later than every number of earlier openings; those given here are later still. */
  start: number
  next(): number
  /** Resolves when so many can be given. @throws {StoreUnavailableError} */
  provide(count: number): Promise<void>
}

export async function takeWriteNumbers(server: MongoServer): Promise<WriteNumbers> {
  const reserve = async () => (await reserveRange(server)) - rangeSize
  const start = await reserve()
  let last = start
  let end = start + rangeSize
  return {
    start,
    next: () => (last += 1),
    provide: async (count) => {
      if (last + count <= end) return
      last = await reserve()
      end = last + rangeSize
    },
  }
}

async function reserveRange(server: MongoServer): Promise<number> {
  const reserved = await server.ask(() =>
    metaOf(server.database).findOneAndUpdate(
      { _id: 'numbers' },
      { $inc: { reserved: rangeSize } },
      { upsert: true, returnDocument: 'after' },
    ),
  )
  return reserved?.reserved ?? rangeSize
}
