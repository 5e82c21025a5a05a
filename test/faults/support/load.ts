// Operations at a steady rate: two launches, then the deletion of an earlier one, and so on. Each is asked for until it is
// accepted.
import { setTimeout as pause } from 'node:timers/promises'
import type { Operation } from '@bramble/contracts'
import { simulatedService as service } from '../../shared/simulated-service.ts'
import { askUntilAccepted, newAsking } from './ask.ts'
import type { Asking } from './ask.ts'
import type { Suite } from './suite.ts'

export interface Load {
  asking: Asking
  accepted: Operation[]
  /** Resolves when so many are accepted. */
  reached(count: number): Promise<void>
  /** Resolves when all are. */
  done: Promise<void>
  stop(): void
}

export interface LoadOptions {
  total: number
  perSecond: number
  prefix: string
}

/** While something is down requests wait, no more than these. */
const mostWaiting = 40
/** So many operations after its launch an instance is deleted: it is likely to run by then. */
const deletedAfter = 11

export function startLoad(suite: Pick<Suite, 'client'>, { total, perSecond, prefix }: LoadOptions): Load {
  const asking = newAsking()
  const accepted: Operation[] = []
  const stopping = new AbortController()
  const asked: Promise<Operation>[] = []
  let waiting = 0

  const ask = async (at: number): Promise<Operation> => {
    waiting += 1
    const isDeletion = at % 3 === 2 && at >= deletedAfter
    const launched = isDeletion ? (await asked[at - deletedAfter]!).resources[0]!.id : ''
    const key = `${prefix}-${at}`
    const operation = await askUntilAccepted(
      (how) =>
        isDeletion
          ? suite.client().instances.remove({ params: { instance: launched }, ...how })
          : suite.client().instances.launch({ body: { service, name: key }, ...how }),
      { key, asking, stopped: stopping.signal },
    )
    accepted.push(operation)
    waiting -= 1
    return operation
  }
  const run = async () => {
    while (asked.length < total && !stopping.signal.aborted) {
      if (waiting < mostWaiting) asked.push(ask(asked.length))
      await pause(1000 / perSecond)
    }
    await Promise.all(asked)
  }
  const done = run()
  done.catch(() => {})
  const reached = async (count: number) => {
    while (accepted.length < count) await Promise.race([pause(20), done.then(() => pause(20))])
  }
  return { asking, accepted, reached, done, stop: () => stopping.abort(new Error('the load was stopped')) }
}
