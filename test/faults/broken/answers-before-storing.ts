import type { Patch } from '../support/patch.ts'

/** The master answers 202 and stores the operation a moment later: a kill in between loses what was accepted. */
export const answersBeforeStoring: Patch = {
  file: 'services/cluster-master/src/app/accept-operation.ts',
  find: 'return await records.operations.insert(draft)',
  replace: `const at = draft.startedAt
    setTimeout(() => records.operations.insert(draft).then(() => work.operations.add(draft.id)), 500)
    return { ...draft, revision: 1, createdAt: at, updatedAt: at }`,
}
