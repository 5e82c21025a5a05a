import { makeProblem } from '@bramble/contracts'
import type {
  CaptureId,
  DesiredCapture,
  DesiredInstance,
  DesiredNode,
  Digest,
  InstanceId,
  NodeId,
  Timestamp,
} from '@bramble/contracts'
import type { Clock } from '@bramble/kit'
import type { Domain, Slot } from './drivers/driver.ts'
import type { BootClock } from './lease/boot-clock.ts'
import type { CaptureRecord, InstanceRecord, InstanceState } from './ledger/records.ts'
import type { Limits, World } from './observe.ts'
import { keyOf } from './step.ts'
import type { JobStep } from './step.ts'

export const node = 'pi-07' as NodeId
const at = '2026-01-01T00:00:00.000Z' as Timestamp
const bodyOf = (number: number) => String(number).padStart(20, '0')

/** Of a host that was never restarted. */
export const bootClockOf = ({ monotonicMs }: Pick<Clock, 'monotonicMs'>, bootId = 'boot-1'): BootClock => ({
  bootId,
  nowMs: monotonicMs,
})

export const digestOf = (digit: string) => `sha256:${digit.repeat(64)}` as Digest

export const instanceOf = (number: number, more: Partial<DesiredInstance> = {}): DesiredInstance => ({
  id: `in-${bodyOf(number)}` as InstanceId,
  name: `web-${number}`,
  source: { kind: 'synthesis', base: digestOf('a'), overlay: digestOf('b') },
  memoryBytes: 64 * 1024 ** 2,
  cpus: 1,
  publish: [{ guestPort: 80, protocol: 'tcp' }],
  ...more,
})

export const captureOf = (number: number, { id }: Pick<DesiredInstance, 'id'>): DesiredCapture => ({
  id: `ca-${bodyOf(number)}` as CaptureId,
  instance: id,
  kind: 'overlay',
})

export const desiredOf = (
  n: number,
  instances: DesiredInstance[],
  captures: DesiredCapture[] = [],
  epoch = 1,
): DesiredNode => ({ type: 'desired.node.v1', node, revision: { epoch, n }, instances, captures })

export const slotFor = (number: number): Slot => ({ id: `slot-${number}`, domainUuid: `uuid-${number}`, forwards: [] })

export function stateOf(phase: InstanceState['phase'], slot: Slot | undefined): InstanceState {
  const started = { slot: slot!, startedAt: at, timings: {} }
  const states: Record<InstanceState['phase'], InstanceState> = {
    allocated: { phase: 'allocated', slot: slot! },
    started: { phase: 'started', ...started },
    ready: { phase: 'ready', ...started, readyAt: at, clock: 'set' },
    failed: { phase: 'failed', ...(slot && { slot }), problem: makeProblem('guest_stopped', 'stopped') },
    deleted: { phase: 'deleted' },
  }
  return states[phase]
}

export const recordOf = (instance: DesiredInstance, state: InstanceState): InstanceRecord => ({
  instance,
  state,
  untold: [],
})

export const jobOf = (step: JobStep, isAborted = false) => ({ step, isAborted })

interface WorldParts {
  wanted: DesiredInstance[] | undefined
  captures?: DesiredCapture[]
  records?: InstanceRecord[]
  known?: CaptureRecord[]
  domains?: Domain[]
  jobs?: ReturnType<typeof jobOf>[]
  adopted?: string[]
  limits?: Limits
  silentMs?: number
}

export const worldOf = ({ wanted, records = [], known = [], jobs = [], ...parts }: WorldParts): World => ({
  desired: wanted && desiredOf(1, wanted, parts.captures),
  instances: new Map(records.map((record) => [record.instance.id, record])),
  captures: new Map(known.map((record) => [record.capture.id, record])),
  domains: parts.domains ?? [],
  jobs: new Map(jobs.map((job) => [keyOf(job.step), job])),
  adopted: new Set(parts.adopted ?? []),
  limits: parts.limits ?? { starts: 4, deletes: 4, captures: 1 },
  silentMs: parts.silentMs ?? 0,
})
