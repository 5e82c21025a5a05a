import type { Patch } from '../support/patch.ts'

/** The agent obeys whatever document came last, however old. */
export const obeysOlderDocuments: Patch = {
  file: 'services/node-agent/src/ledger/judge-revision.ts',
  find: "return order > 0 ? 'newer' : 'older'",
  replace: "return 'newer'",
}
