import type { Patch } from '../support/patch.ts'

/** The master starts what was on a silent node elsewhere, and does not wait until it cannot run there any more. */
export const replacesSuspects: Patch[] = [
  {
    file: 'services/cluster-master/src/domain/replacement.ts',
    find: "return liveness === 'lost' && silentMs >= lostAfterMs",
    replace: "return liveness !== 'ready'",
  },
  {
    file: 'services/cluster-master/src/domain/replacement.ts',
    find: 'isGone || nowMs - Math.min(leftAtMs, heardAtMs) >= lostAfterMs',
    replace: 'isGone || nowMs >= Math.min(leftAtMs, heardAtMs)',
  },
]
