// The right to be the one master that acts on a store: a document in it with the holder's name and a beat that the holder
// counts on. No clock of two hosts is compared: a waiter takes over when it saw the same beat for the whole lease on its
// own monotonic clock, and the holder, which counts from the sending of a beat, stops to act before that.
//
//      waiting ---- same beat for leaseMs, compare-and-set ----> held <---> paused (no beat got through for leaseMs - marginMs)
//         ^                                                                    |  beats again, unless somebody else has it:
//         +------------------------ a new process ---------------------------- lost
//
// Every write of the document is a compare-and-set on what was read before. A holder that comes back from a pause and
// finds its own beat knows that nobody held the lease in between, and goes on.
import { randomUUID } from 'node:crypto'
import type { Clock, Logger } from '@bramble/kit'
import { keepLease } from './lease/keep-lease.ts'
import { takeLease } from './lease/take-lease.ts'

export interface LeaseState {
  /** For people: which host and process. */
  holder: string
  /** Of one call of holdLease: a process that was started again under the same name is another holder. */
  session: string
  beat: number
}

/** Where the lease is kept. Each call answers or rejects within seconds. */
export interface LeaseRecord {
  read(): Promise<LeaseState | undefined>
  /** Writes it if it is still as it was read; false when it is not. */
  write(next: LeaseState, before: LeaseState | undefined): Promise<boolean>
  /** Nobody holds it any more, if it is still as it was read. */
  clear(before: LeaseState): Promise<void>
}

export interface HoldLease {
  holder: string
  clock: Clock
  logger: Logger
  /** Told of who has it, each time that is somebody else. */
  onWaiting?: (holder: string) => void
  /** Called once, when somebody else has it: whatever this process knows of the store is old. */
  onLost: (holder: string) => void
  /** Ends the waiting. */
  signal?: AbortSignal
  leaseMs?: number
  beatMs?: number
}

export interface Lease {
  /** False from shortly before another process could take over. Costs nothing. */
  isHeld(): boolean
  /** Gives it back: the next one need not wait. */
  release(): Promise<void>
}

/** As timed as {@link HoldLease}, all of it given. */
export type LeaseTerms = Required<Pick<HoldLease, 'leaseMs' | 'beatMs'>> & HoldLease

/** Resolves when it is held; waits as long as somebody else has it, and while the store cannot be reached. */
export async function holdLease(record: LeaseRecord, options: HoldLease): Promise<Lease> {
  const terms = { leaseMs: 10_000, beatMs: 2000, ...options }
  return keepLease(record, await takeLease(record, randomUUID(), terms), terms)
}
