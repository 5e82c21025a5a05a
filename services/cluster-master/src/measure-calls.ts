import type { Bus, Metrics } from '@bramble/kit'
import type { ObserveCall } from './store/time-store.ts'

type Measuring = Pick<Metrics, 'measureDurations'>

export const measureStore = (metrics: Measuring): ObserveCall =>
  metrics.measureDurations({
    name: 'bramble_store_duration_seconds',
    help: 'How long the store takes: a write until it is durable',
    label: 'call',
    values: ['read', 'write'],
  })

export const measureBus = (metrics: Measuring): ((what: string, durationMs: number) => void) =>
  metrics.measureDurations({
    name: 'bramble_bus_publish_duration_seconds',
    help: 'How long it takes until the bus has a message for certain',
    label: 'what',
    values: ['desired'],
  })

/** The same bus, whose publishing is timed; what failed counts too. */
export const timeBus = (bus: Bus, observe: (what: string, durationMs: number) => void): Bus => ({
  ...bus,
  publishDesired: async (key, document) => {
    const startedMs = performance.now()
    try {
      await bus.publishDesired(key, document)
    } finally {
      observe('desired', performance.now() - startedMs)
    }
  },
})
