import type { Patch } from '../support/patch.ts'

/** The store takes a write whose answer was lost for done: what the database had not written is lost. */
export const takesErrorsForAnswers: Patch = {
  file: 'services/cluster-master/src/store/mongo/settle-writes.ts',
  find: "if (refusal === undefined) return { kind: 'silence' }",
  replace: "if (refusal === undefined) return { kind: 'done' }",
}
