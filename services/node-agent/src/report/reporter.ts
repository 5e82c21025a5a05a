// Sends the complete report every heartbeat, and soon after a change: not at once, so that what changes together is
// told together, and never more often than every 250 ms, so that the cost follows time and not the number of changes.
// A report that cannot be sent is not kept: the next one says it all.
import { heartbeatMs, receiverKey } from '@bramble/contracts'
import type { NodeId, ReportNode } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Clock, Logger } from '@bramble/kit'

const soonMs = 20
const minIntervalMs = 250

export interface Reporter {
  noteChange(): void
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

export function createReporter({ node, bus, build, clock, logger }: ReporterOptions): Reporter {
  const run = async () => bus.publishReport(receiverKey('node', node), await build())
  const task = createTask({ name: 'report', run, periodMs: heartbeatMs, minIntervalMs }, { clock, logger })
  let cancelSoon: (() => void) | undefined

  const activate = () => {
    cancelSoon = undefined
    task.activate()
  }
  return {
    noteChange: () => void (cancelSoon ??= clock.after(soonMs, activate)),
    start: task.start,
    stop: () => {
      cancelSoon?.()
      return task.stop()
    },
  }
}
