import type { Patch } from '../support/patch.ts'

/** The store takes a write whose answer was lost for done: what the database had not written is lost. */
export const takesErrorsForAnswers: Patch = {
  file: 'services/cluster-master/src/store/mongo/settle-writes.ts',
  find: 'return readAnswers(error, writes.length)',
  replace: "return { kind: 'done' }",
}
