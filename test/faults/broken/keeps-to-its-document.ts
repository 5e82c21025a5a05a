import type { Patch } from '../support/patch.ts'

/** The agent goes by the document that it finds on its disk, and takes none that is newer. */
export const keepsToItsDocument: Patch = {
  file: 'services/node-agent/src/ledger/judge-revision.ts',
  find: "return order > 0 ? 'newer' : 'older'",
  replace: "return 'older'",
}
