import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import type { RequestObserver } from './http/request-trace.ts'
import type { TaskObserver } from './background/task.ts'

export interface Metrics extends RequestObserver, TaskObserver {
  /** For counters and gauges of the service itself: `new Gauge({ ..., registers: [metrics.registry] })`. */
  registry: Registry
}

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
  return { registry, ...observeRequests(registry), ...observeTasks(registry) }
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
