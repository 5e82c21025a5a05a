// Sends the complete report every heartbeat, and soon after a change: not at once, so that what changes together is
// told together, and never more often than every 250 ms, so that the cost follows time and not the number of changes.
// What somebody waits for, such as the end of a launch, goes at once, as long as the last such report is 250 ms old:
// progress told a moment ago does not hold it up. A report that cannot be sent is not kept: the next one says it all.
import { heartbeatMs, receiverKey } from '@bramble/contracts'
import type { NodeId, ReportNode } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Clock, Logger } from '@bramble/kit'
import type { Urgency } from './urgency.ts'

const soonMs = 100
const minIntervalMs = 250

export interface Reporter {
  /** Something that reports tell has changed. */
  note(urgency: Urgency): void
  start(): void
  stop(): Promise<void>
}

export interface ReporterOptions {
  node: NodeId
  bus: Pick<Bus, 'publishReport'>
  build: () => Promise<ReportNode>
  clock: Clock
  logger: Logger
}

interface Due {
  atMs: number
  isUrgent: boolean
  cancel: () => void
}

export function createReporter({ node, bus, build, clock, logger }: ReporterOptions): Reporter {
  let lastMs = -Infinity
  let lastUrgentMs = -Infinity
  let due: Due | undefined

  const run = async () => {
    lastMs = clock.monotonicMs()
    if (due?.isUrgent) lastUrgentMs = lastMs
    due?.cancel()
    due = undefined
    await bus.publishReport(receiverKey('node', node), await build())
  }
  const task = createTask({ name: 'report', run, periodMs: heartbeatMs }, { clock, logger })

  const reportBy = (atMs: number, isUrgent: boolean) => {
    if (due && due.atMs <= atMs) return
    due?.cancel()
    due = { atMs, isUrgent, cancel: clock.after(Math.max(0, atMs - clock.monotonicMs()), task.activate) }
  }
  return {
    note: (urgency) => {
      if (urgency === 'now') reportBy(Math.max(clock.monotonicMs(), lastUrgentMs + minIntervalMs), true)
      if (urgency === 'soon') reportBy(Math.max(clock.monotonicMs() + soonMs, lastMs + minIntervalMs), false)
    },
    start: task.start,
    stop: () => {
      due?.cancel()
      return task.stop()
    },
  }
}
