import type { Written } from '../ledger/ledger.ts'

/** Whether what was deleted can be forgotten: of all writes to the ledger the one that is followed by no step's end. */
export const isToldDeletion = (written: Written): boolean =>
  written.kind === 'instance' && written.after?.state.phase === 'deleted' && written.after.untold.length === 0
