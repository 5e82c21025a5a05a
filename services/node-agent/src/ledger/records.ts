import { z } from 'zod'
import {
  Captured,
  DesiredCapture,
  DesiredInstance,
  Forward,
  InstanceFact,
  Problem,
  Timestamp,
  Timings,
} from '@bramble/contracts'
import type { CaptureId, InstanceId } from '@bramble/contracts'
import type { Slot } from '../drivers/driver.ts'

const SlotRecord = z.object({ id: z.string(), domainUuid: z.string(), forwards: z.array(Forward) })

/**
 * How far an instance has come on this node, as far as the disk knows:
 *
 *     allocated -> started -> ready
 *         |           |         |
 *         +-----------+---------+--> failed ----+
 *         +-----------+---------+---------------+--> deleted -> (forgotten once its facts were told)
 *
 * A failed instance keeps its slot until what it left on the host is removed, and the end of its console for longer.
 */
const InstanceState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('allocated'), slot: SlotRecord }),
  z.object({ phase: z.literal('started'), slot: SlotRecord, startedAt: Timestamp, timings: Timings }),
  z.object({
    phase: z.literal('ready'),
    slot: SlotRecord,
    startedAt: Timestamp,
    readyAt: Timestamp,
    clock: z.enum(['set', 'noAgent']),
    timings: Timings,
  }),
  z.object({
    phase: z.literal('failed'),
    slot: SlotRecord.optional(),
    problem: Problem,
    startedAt: Timestamp.optional(),
    consoleBase64: z.string().optional(),
  }),
  z.object({ phase: z.literal('deleted') }),
])
export type InstanceState = z.infer<typeof InstanceState>

/** What the agent knows of one instance. `untold`: facts that the bus has not confirmed yet. */
export const InstanceRecord = z.object({
  instance: DesiredInstance,
  state: InstanceState,
  untold: z.array(InstanceFact),
})
export type InstanceRecord = z.infer<typeof InstanceRecord>

/** A capture that was begun; one without an outcome after a crash was interrupted. */
export const CaptureRecord = z.object({
  capture: DesiredCapture,
  outcome: z
    .discriminatedUnion('status', [
      z.object({ status: z.literal('done'), captured: Captured }),
      z.object({ status: z.literal('failed'), problem: Problem }),
    ])
    .optional(),
})
export type CaptureRecord = z.infer<typeof CaptureRecord>

export type Instances = ReadonlyMap<InstanceId, InstanceRecord>
export type Captures = ReadonlyMap<CaptureId, CaptureRecord>

export const slotOf = ({ state }: InstanceRecord): Slot | undefined => ('slot' in state ? state.slot : undefined)

/** The state that a step relies on: its plan saw the instance there, and nothing else works on it. */
export function stateIn<P extends InstanceState['phase']>(record: InstanceRecord | undefined, phase: P) {
  if (record?.state.phase === phase) return record.state as Extract<InstanceState, { phase: P }>
  throw new Error(`an instance is ${record?.state.phase ?? 'unknown'}, not ${phase}`)
}

/** When the last report was sent that the master is known to have heard, by the boot clock. */
export const HeardRecord = z.object({ bootId: z.string(), sentAtMs: z.number() })
export type HeardRecord = z.infer<typeof HeardRecord>
