import { MongoServerError } from 'mongodb'
import type { LeaseRecord, LeaseState } from '../lease.ts'
import { duplicateKey } from './judge-write.ts'
import { metaOf } from './meta.ts'
import type { MongoServer } from './mongo-server.ts'

/** What is asked is asked again while there is no answer; a second write finds the first and says so by `false`. */
export function leaseRecord(server: MongoServer): LeaseRecord {
  const meta = () => metaOf(server.database)
  return {
    read: async () => {
      const projection = { _id: 0 }
      return (await server.ask(() => meta().findOne<LeaseState>({ _id: 'lease' }, { projection }))) ?? undefined
    },
    write: (next, before) =>
      server.ask(async () => {
        if (!before) return insertLease(server, next)
        const { matchedCount } = await meta().updateOne({ _id: 'lease', ...keyOf(before) }, { $set: { ...next } })
        return matchedCount === 1
      }),
    clear: async (before) => void (await server.ask(() => meta().deleteOne({ _id: 'lease', ...keyOf(before) }))),
  }
}

const keyOf = ({ session, beat }: LeaseState) => ({ session, beat })

async function insertLease({ database }: MongoServer, state: LeaseState): Promise<boolean> {
  try {
    await metaOf(database).insertOne({ _id: 'lease', ...state })
    return true
  } catch (error) {
    if (error instanceof MongoServerError && error.code === duplicateKey) return false
    throw error
  }
}
