import { z } from 'zod'

const ms = z.number().min(0).optional()

/**
 * Where the time of a synthesis went, in milliseconds. `fetch`, `verify` and `decompress` are the busy times of stages that
 * overlap; `place` (writing disk and memory into the VM), `resume` and `ready` (first bytes from the guest) are wall time.
 */
export const Timings = z
  .object({ fetchMs: ms, verifyMs: ms, decompressMs: ms, placeMs: ms, resumeMs: ms, readyMs: ms, totalMs: ms })
  .meta({ id: 'Timings' })
export type Timings = z.infer<typeof Timings>
