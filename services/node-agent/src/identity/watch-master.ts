import { describeError } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { Troubles } from '../troubles.ts'

const periodMs = 5000
const answerWithinMs = 3000

/** Looks whether the master answers, so that it can be told when it did not. Nothing else depends on it. */
export const watchMaster = (url: string, troubles: Pick<Troubles, 'note'>): TaskDefinition => ({
  name: 'watch-master',
  periodMs,
  run: async (stopping) => {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(answerWithinMs)])
    const reason = await fetch(new URL('/healthz', url), { signal }).then(
      async (response) => {
        await response.body?.cancel()
        return response.ok ? undefined : `status ${response.status}`
      },
      (error: unknown) => describeError(error),
    )
    if (!stopping.aborted) troubles.note('master unreachable', reason)
  },
})
