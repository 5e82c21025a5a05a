// One client of a server that speaks MongoDB's protocol, with deadlines: whatever becomes of the server (it is killed,
// stopped, behind a network that swallows packets), a call ends within `silenceMs` after the last sign of life, and the
// first call after the server is back works. Nothing here writes twice: what is asked may be.
import { MongoClient, MongoError } from 'mongodb'
import type { Db, MongoClientOptions } from 'mongodb'
import { describeError } from '@bramble/kit'
import { StoreUnavailableError } from '../errors.ts'
import { endAfterSilence, SilenceError } from './end-after-silence.ts'
import type { Alive } from './end-after-silence.ts'

export const silenceMs = 3500
const retryPauseMs = 50

// Shorter than the silence, so that what is given up ends soon as well.
const clientOptions: MongoClientOptions = {
  appName: 'bramble',
  serverSelectionTimeoutMS: 3000,
  connectTimeoutMS: 2000,
  socketTimeoutMS: 3000,
  waitQueueTimeoutMS: 3000,
  heartbeatFrequencyMS: 2000,
  maxPoolSize: 16,
  // A write is acknowledged when a majority of the servers has it on disk, and nothing less is ever read.
  writeConcern: { w: 'majority', journal: true },
  readConcernLevel: 'majority',
  // What is sent again, and when, is decided in send-writes.ts: it has to know what became of the first one.
  retryWrites: false,
  retryReads: false,
  ignoreUndefined: true,
}

export interface MongoServer {
  database: Db
  /**
   * Asks, and asks again until there is an answer or the silence lasts too long.
   * @throws {StoreUnavailableError}
   */
  ask<T>(question: (alive: Alive) => Promise<T>): Promise<T>
  /** Asks until there is an answer, however long that takes. @throws {StoreUnavailableError} when it is closed */
  insist<T>(question: (alive: Alive) => Promise<T>): Promise<T>
  isClosed(): boolean
  close(): Promise<void>
}

export interface ConnectMongo {
  /** May name the database; else it is `bramble`. */
  uri: string
}

/** Nothing is sent before the first question. @throws {StoreUnavailableError} on a URI that is none */
export function connectMongo({ uri }: ConnectMongo): MongoServer {
  const client = createClient(uri)
  let closed = false

  const checkOpen = () => {
    if (closed) throw new StoreUnavailableError('the store is closed')
  }
  /** Ends by itself after the silence as well: nobody listens any more. */
  const askAgain = async <T>(question: (alive: Alive) => Promise<T>, alive: Alive): Promise<T> => {
    for (const startMs = performance.now(); ;) {
      try {
        checkOpen()
        return await question(alive)
      } catch (error) {
        if (!(error instanceof MongoError) || performance.now() > startMs + silenceMs) throw error
        await new Promise((resolve) => setTimeout(resolve, retryPauseMs))
      }
    }
  }

  const ask: MongoServer['ask'] = async (question) => {
    try {
      return await endAfterSilence(silenceMs, (alive) => askAgain(question, alive))
    } catch (error) {
      if (!isOfServer(error)) throw error
      throw new StoreUnavailableError(`cannot use the store: ${describeError(error)}`, { cause: error })
    }
  }

  return {
    database: databaseOf(client),
    ask,
    insist: async (question) => {
      for (;;) {
        try {
          return await ask(question)
        } catch (error) {
          if (closed || !(error instanceof StoreUnavailableError)) throw error
        }
      }
    },
    isClosed: () => closed,
    close: async () => {
      closed = true
      await client.close()
    },
  }
}

function createClient(uri: string): MongoClient {
  try {
    return new MongoClient(uri, clientOptions)
  } catch (error) {
    throw new StoreUnavailableError(`cannot use the store: ${describeError(error)}`, { cause: error })
  }
}

function databaseOf(client: MongoClient): Db {
  const { dbName } = client.options
  // 'test' is what the driver takes for a URI that names none.
  return client.db(dbName === 'test' ? 'bramble' : dbName)
}

const isOfServer = (error: unknown) => error instanceof MongoError || error instanceof SilenceError
