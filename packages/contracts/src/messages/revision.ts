import { z } from 'zod'

/** Revision of a desired document: a new epoch at every start of the active master, n counts within it. */
export const Revision = z
  .object({ epoch: z.number().int().min(0), n: z.number().int().min(0) })
  .meta({ id: 'Revision' })
export type Revision = z.infer<typeof Revision>

/** Two different documents came under one revision, of which the first is kept: somebody else writes as the master. */
export const RevisionConflict = z.object({ revision: Revision, detail: z.string() }).meta({ id: 'RevisionConflict' })
export type RevisionConflict = z.infer<typeof RevisionConflict>

/** Negative when a is older than b, 0 when equal. */
export const compareRevisions = (a: Revision, b: Revision): number => a.epoch - b.epoch || a.n - b.n
