import { isTerminal } from '@bramble/contracts'
import type { Operation, OperationId, ResourceRef } from '@bramble/contracts'

/** Operations that have not ended, by what they are about, and who waits for their end. */
export interface OpenOperations {
  /** The operations that are about one thing. */
  about(id: ResourceRef['id']): Iterable<OperationId>
  changed(before: Operation | undefined, after: Operation | undefined): void
  /** Resolves with the operation once it ended, or with undefined when `signal` aborts. */
  end(id: OperationId, signal: AbortSignal): Promise<Operation | undefined>
}

export function createOpenOperations(): OpenOperations {
  const byResource = new Map<string, Set<OperationId>>()
  const waiting = new Map<OperationId, Set<(ended: Operation) => void>>()

  const forget = ({ id, resources }: Operation) => {
    for (const resource of resources) {
      const ids = byResource.get(resource.id)
      ids?.delete(id)
      if (ids?.size === 0) byResource.delete(resource.id)
    }
  }
  const remember = ({ id, resources }: Operation) => {
    for (const resource of resources) {
      const ids = byResource.get(resource.id) ?? new Set()
      byResource.set(resource.id, ids.add(id))
    }
  }
  const tellEnd = (ended: Operation) => {
    for (const resolve of waiting.get(ended.id) ?? []) resolve(ended)
    waiting.delete(ended.id)
  }

  return {
    about: (id) => byResource.get(id) ?? [],
    changed: (before, after) => {
      if (before) forget(before)
      if (after && !isTerminal(after.status)) remember(after)
      else if (after) tellEnd(after)
    },
    end: (id, signal) =>
      new Promise((resolve) => {
        const waiters = waiting.get(id) ?? new Set()
        waiting.set(id, waiters.add(resolve))
        const giveUp = () => {
          waiters.delete(resolve)
          if (waiters.size === 0 && waiting.get(id) === waiters) waiting.delete(id)
          resolve(undefined)
        }
        if (signal.aborted) giveUp()
        else signal.addEventListener('abort', giveUp, { once: true })
      }),
  }
}
