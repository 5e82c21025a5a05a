// The driver's client, and another one when it has heard nothing for long. The driver (7.8) was seen to look for its
// server no more after that was stopped and killed in a row: every later call failed with the error of that moment, though
// the server was back within a second.
import type { MongoClient } from 'mongodb'

export interface KeptClient {
  current(): MongoClient
  /** There was an answer. */
  worked(): void
  /** There was none. */
  failed(): void
  close(): Promise<void>
}

/** The driver asks a server that is away every half second. */
const replacedAfterMs = 8000

export function keepClient(create: () => MongoClient, nowMs = () => performance.now()): KeptClient {
  let client = create()
  let heardMs = nowMs()
  let isClosed = false
  return {
    current: () => client,
    worked: () => void (heardMs = nowMs()),
    failed: () => {
      if (isClosed || nowMs() - heardMs < replacedAfterMs) return
      const before = client
      client = create()
      heardMs = nowMs()
      before.close().catch(() => {})
    },
    close: () => {
      isClosed = true
      return client.close()
    },
  }
}
