import { z } from 'zod'

/**
 * How long an instance may run while its node cannot reach the master. The master counts a node lost after 120 s: what is
 * left until then is for the node to end its VM, whatever its clock and its load. At the other end a renewal may take 30 s,
 * and one that gets lost is to do no harm.
 */
const StopAfterSeconds = z.number().int().min(45).max(90).default(60)

/** What becomes of an instance when its node and the master lose each other. */
export const WhenLost = z
  .discriminatedUnion('policy', [
    z.object({ policy: z.literal('keep') }).strict(),
    z.object({ policy: z.literal('stop'), stopAfterSeconds: StopAfterSeconds }).strict(),
    z.object({ policy: z.literal('replace'), stopAfterSeconds: StopAfterSeconds }).strict(),
  ])
  .meta({
    id: 'WhenLost',
    description:
      'keep: it runs on, and waits for its node to return; stop: its node stops it after stopAfterSeconds without the master; replace: like stop, and it is started on another node',
  })
export type WhenLost = z.infer<typeof WhenLost>

/** What its node is told: seconds after which it has to stop; undefined when it runs on. */
export const stopAfterSecondsOf = (whenLost: WhenLost | undefined): number | undefined =>
  whenLost && whenLost.policy !== 'keep' ? whenLost.stopAfterSeconds : undefined
