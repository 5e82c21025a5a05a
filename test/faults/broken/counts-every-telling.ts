import type { Patch } from '../support/patch.ts'

/** The master takes a fact that is told again for another one. */
export const countsEveryTelling: Patch = {
  file: 'services/cluster-master/src/inbox/receive-fact.ts',
  find: 'id: `${sender}:${id}`,',
  replace: 'id: `${sender}:${id}:${performance.now()}`,',
}
