// One client of a server that speaks MongoDB's protocol, with deadlines: whatever becomes of the server (it is killed,
// stopped, behind a network that swallows packets), a call ends within `silenceMs` after the last sign of life, and the
// first call after the server is back works. Nothing here writes twice: what is asked may be.
import { MongoClient, MongoError } from 'mongodb'
import type { Db, MongoClientOptions } from 'mongodb'
import { describeError } from '@bramble/kit'
import { StoreUnavailableError } from '../errors.ts'
import { endAfterSilence, SilenceError } from './end-after-silence.ts'
import type { Alive } from './end-after-silence.ts'
import { keepClient } from './kept-client.ts'

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
  /** To be asked for anew with each call: the client may be another one. */
  readonly database: Db
  /**
   * Asks, and asks again until there is an answer or the silence lasts too long.
   * @throws {StoreUnavailableError}
   */
  ask<T>(question: (alive: Alive) => Promise<T>): Promise<T>
  /** For what may keep the server busy for long: on a connection of its own, without a deadline, once. */
  work<T>(act: (database: Db) => Promise<T>): Promise<T>
  isClosed(): boolean
  close(): Promise<void>
}

export interface ConnectMongo {
  /** May name the database; else it is `bramble`. */
  uri: string
}

/** Nothing is sent before the first question. @throws {StoreUnavailableError} on a URI that is none */
export function connectMongo({ uri }: ConnectMongo): MongoServer {
  const kept = keepClient(() => createClient(uri))
  let closed = false
  return {
    get database() {
      return databaseOf(kept.current())
    },
    ask: async (question) => {
      let lastError: unknown
      try {
        checkOpen(closed)
        const answer = await endAfterSilence(silenceMs, (alive) =>
          askAgain(
            () => question(alive),
            (error) => void (lastError = error),
          ),
        )
        kept.worked()
        return answer
      } catch (error) {
        if (!isOfServer(error)) throw error
        kept.failed()
        throw unavailable(lastError ?? error)
      }
    },
    work: async (act) => {
      checkOpen(closed)
      await using patient = createClient(uri, { ...clientOptions, socketTimeoutMS: 0 })
      try {
        return await act(databaseOf(patient))
      } catch (error) {
        throw isOfServer(error) ? unavailable(error) : error
      }
    },
    isClosed: () => closed,
    close: async () => {
      closed = true
      await kept.close()
    },
  }
}

/** The same server for one user: its end is not the server's. */
export function shareServer(server: MongoServer): MongoServer {
  let closed = false
  return {
    get database() {
      return server.database
    },
    ask: async (question) => {
      checkOpen(closed)
      return server.ask(question)
    },
    work: server.work,
    isClosed: () => closed || server.isClosed(),
    close: async () => void (closed = true),
  }
}

/** Asks until there is an answer, however long that takes. @throws {StoreUnavailableError} when it is closed */
export async function insist<T>(server: MongoServer, question: (alive: Alive) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await server.ask(question)
    } catch (error) {
      if (server.isClosed() || !(error instanceof StoreUnavailableError)) throw error
    }
  }
}

function checkOpen(closed: boolean): void {
  if (closed) throw new StoreUnavailableError('the store is closed')
}

/** Ends after the silence as well: nobody listens any more. */
async function askAgain<T>(question: () => Promise<T>, onError: (error: unknown) => void): Promise<T> {
  for (const startMs = performance.now(); ;) {
    try {
      return await question()
    } catch (error) {
      if (!isOfServer(error) || performance.now() > startMs + silenceMs) throw error
      onError(error)
      await new Promise((resolve) => setTimeout(resolve, retryPauseMs))
    }
  }
}

function createClient(uri: string, options = clientOptions): MongoClient {
  try {
    return new MongoClient(uri, options)
  } catch (error) {
    throw unavailable(error)
  }
}

function databaseOf(client: MongoClient): Db {
  const { dbName } = client.options
  // 'test' is what the driver takes for a URI that names none.
  return client.db(dbName === 'test' ? 'bramble' : dbName)
}

const unavailable = (cause: unknown) =>
  new StoreUnavailableError(`cannot use the store: ${describeError(cause)}`, { cause })

const isOfServer = (error: unknown) => error instanceof MongoError || error instanceof SilenceError || isOfSocket(error)

/** Written to in the very moment in which its server dies, a socket fails with an error that the driver passes on as it is. */
const isOfSocket = (error: unknown) =>
  error instanceof Error && ['EPIPE', 'ECONNRESET'].includes(String((error as NodeJS.ErrnoException).code))
