import { describeError } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { Troubles } from '../troubles.ts'
import type { MasterTrust } from './master-trust.ts'

const periodMs = 5000
const answerWithinMs = 3000

export interface Watching {
  trust: Pick<MasterTrust, 'fetch' | 'isKnown'>
  troubles: Pick<Troubles, 'note'>
}

/** Looks whether a master answers, so that it can be told when none did. Nothing else depends on it. */
export const watchMaster = (urls: readonly string[], { trust, troubles }: Watching): TaskDefinition => ({
  name: 'watch-master',
  periodMs,
  run: async (stopping) => {
    if (!trust.isKnown()) return
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(answerWithinMs)])
    const reasons = await Promise.all(urls.map((url) => whyAway(url, trust, signal)))
    if (stopping.aborted) return
    const isReached = reasons.includes(undefined)
    troubles.note('master unreachable', isReached ? undefined : reasons.join('; '))
  },
})

const whyAway = (url: string, { fetch }: Watching['trust'], signal: AbortSignal): Promise<string | undefined> =>
  fetch(new URL('/healthz', url), { signal }).then(
    async (response) => {
      await response.body?.cancel()
      return response.ok ? undefined : `status ${response.status}`
    },
    (error: unknown) => describeError(error),
  )
