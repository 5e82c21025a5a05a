import { StoreUnavailableError, WriteInDoubtError } from '../errors.ts'
import { silenceMs } from './mongo-server.ts'

/** Goes with a write through all it has to do. */
export interface Ticket {
  /** Something of it is under way to the server, and it is not known what became of it. */
  isSent: boolean
  /** Its caller waits no more: nothing that was not sent is to be sent. */
  isOver: boolean
}

/** Answers the caller in time, also when the write is not known to be done by then. @throws {StoreUnavailableError} */
export function inTime<T>(write: (ticket: Ticket) => Promise<T>): Promise<T> {
  const ticket: Ticket = { isSent: false, isOver: false }
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const outcome = write(ticket)
  const giveUp = () => {
    ticket.isOver = true
    reject(ticket.isSent ? new WriteInDoubtError(outcome) : neverSent())
  }
  const timer = setTimeout(giveUp, silenceMs)
  outcome.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}

export const neverSent = () => new StoreUnavailableError('the store does not answer; nothing was written')
