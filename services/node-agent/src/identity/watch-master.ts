import { describeError } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { Troubles } from '../troubles.ts'

const periodMs = 5000
const answerWithinMs = 3000

/** Looks whether a master answers, so that it can be told when none did. Nothing else depends on it. */
export const watchMaster = (urls: readonly string[], troubles: Pick<Troubles, 'note'>): TaskDefinition => ({
  name: 'watch-master',
  periodMs,
  run: async (stopping) => {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(answerWithinMs)])
    const reasons = await Promise.all(urls.map((url) => whyAway(url, signal)))
    if (stopping.aborted) return
    const isReached = reasons.includes(undefined)
    troubles.note('master unreachable', isReached ? undefined : reasons.join('; '))
  },
})

const whyAway = (url: string, signal: AbortSignal): Promise<string | undefined> =>
  fetch(new URL('/healthz', url), { signal }).then(
    async (response) => {
      await response.body?.cancel()
      return response.ok ? undefined : `status ${response.status}`
    },
    (error: unknown) => describeError(error),
  )
