import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { RequestObserver } from './http/request-trace.ts'
import type { TaskObserver } from './background/task.ts'

export interface Metrics extends RequestObserver, TaskObserver {
  /** What `/metrics` serves. */
  registry: Registry
  /** Adds a figure of the service itself. */
  watch(figure: Figure): void
  /** Adds a histogram; what is returned is told of each duration, with the value of the label. */
  measureDurations(durations: Durations): (value: string, durationMs: number) => void
  /** Adds a counter; what is returned counts one more. */
  count<Label extends string>(counted: Counted<Label>): (labels: Record<Label, string>) => void
}

export interface Durations {
  /** `bramble_launch_duration_seconds` */
  name: string
  help: string
  label: string
  /** Known values of the label: they are there from the start, so that a graph has no holes. */
  values: readonly string[]
}

export interface Counted<Label extends string> {
  /** `bramble_operations_ended_total` */
  name: string
  help: string
  /** Known values of each label, there from the start with 0. */
  labels: Record<Label, readonly string[]>
}

/** A gauge that is read anew whenever `/metrics` is asked for; one that cannot be read then is left out. */
export interface Figure {
  /** `bramble_instances` */
  name: string
  help: string
  /** Name of the label by whose values `read` tells several numbers. */
  label?: string
  read: () => Reading | Promise<Reading>
}

/** One number, or one for each value of the label. */
export type Reading = number | ReadonlyMap<string, number>

export interface MetricsOptions {
  /** Becomes the label `service` of everything. */
  service: string
  /** Those of the process too: CPU, memory, event loop. */
  processMetrics?: boolean
}

export function createMetrics({ service, processMetrics = false }: MetricsOptions): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  if (processMetrics) collectDefaultMetrics({ register: registry })
  const watch = (figure: Figure) => watchFigure(registry, figure)
  return {
    registry,
    watch,
    measureDurations: (durations) => measureDurations(registry, durations),
    count: (counted) => countLabelled(registry, counted),
    ...observeRequests(registry),
    ...observeTasks(registry),
  }
}

function watchFigure(registry: Registry, { name, help, label, read }: Figure): void {
  new Gauge({
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
    async collect() {
      // A failure must not take the other figures with it; /readyz says what is down.
      const reading = await Promise.resolve()
        .then(read)
        .catch(() => new Map<string, number>())
      // reset() leaves a gauge without labels at 0, which would be a lie when nothing could be read.
      if (label === undefined) this.remove()
      else this.reset()
      if (typeof reading === 'number') this.set(reading)
      else for (const [value, count] of reading) this.set({ [label ?? '']: value }, count)
    },
  })
}

function measureDurations(registry: Registry, { name, help, label, values }: Durations) {
  const histogram = new Histogram({
    ...{ name, help, labelNames: [label], registers: [registry] },
    buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  })
  for (const value of values) histogram.zero({ [label]: value })
  return (value: string, durationMs: number) => histogram.observe({ [label]: value }, durationMs / 1000)
}

function countLabelled<Label extends string>(registry: Registry, { name, help, labels }: Counted<Label>) {
  const names = Object.keys(labels) as Label[]
  const counter = new Counter({ name, help, labelNames: names, registers: [registry] })
  for (const combination of combinationsOf(labels)) counter.inc(combination, 0)
  return (given: Record<Label, string>) => counter.inc(given)
}

function combinationsOf<Label extends string>(labels: Record<Label, readonly string[]>): Record<Label, string>[] {
  const pairs = Object.entries(labels) as [Label, readonly string[]][]
  return pairs.reduce(
    (made, [label, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{} as Record<Label, string>],
  )
}

function observeRequests(registry: Registry): RequestObserver {
  const durations = new Histogram({
    name: 'bramble_http_request_duration_seconds',
    help: 'Duration of HTTP requests by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [registry],
  })
  // Looking a series up by its labels costs more than observing it.
  const series = new Map<string, { observe: (value: number) => void }>()
  return {
    requestEnded: ({ route, method, status, durationMs }) => {
      const key = `${route} ${method} ${status}`
      const own = series.get(key) ?? durations.labels(route, method, String(status))
      series.set(key, own)
      own.observe(durationMs / 1000)
    },
  }
}

function observeTasks(registry: Registry): TaskObserver {
  const durations = new Histogram({
    name: 'bramble_task_duration_seconds',
    help: 'Duration of the runs of background tasks',
    labelNames: ['task'],
    buckets: [0.001, 0.01, 0.1, 1, 10, 60],
    registers: [registry],
  })
  const failures = new Counter({
    name: 'bramble_task_failures_total',
    help: 'Runs of background tasks that failed',
    labelNames: ['task'],
    registers: [registry],
  })
  return {
    taskRan: ({ task, durationMs, failed }) => {
      durations.observe({ task }, durationMs / 1000)
      failures.inc({ task }, failed ? 1 : 0)
    },
  }
}
