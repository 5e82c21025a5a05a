// What /metrics tells of the cloudlet, read at every scrape. Each series of a known label is there from the start, with 0,
// so that a graph has no holes.
import { InstancePhase, Liveness, Operation } from '@bramble/contracts'
import { freeBytes } from '@bramble/kit'
import type { Metrics } from '@bramble/kit'
import { shownPhase } from './fleet/project.ts'
import { isLowOnDisk } from './domain/low-disk.ts'
import type { Master } from './master.ts'
import type { Readiness } from './readiness/readiness.ts'

const operationKinds = Operation.shape.kind.options

export function measure(metrics: Pick<Metrics, 'watch'>, { bus, config, fleet, records, store }: Master): void {
  const there = () => [...fleet.nodes()].filter(({ admission }) => admission !== 'retired')
  metrics.watch({
    name: 'bramble_nodes',
    help: 'Nodes by liveness, retired ones left out',
    label: 'liveness',
    read: () => countBy(Liveness.options, there(), ({ liveness }) => liveness),
  })
  metrics.watch({
    name: 'bramble_nodes_low_on_disk',
    help: 'Nodes with less than 2 GiB, or less than 5 %, of their disk free',
    read: () => there().filter(({ id, free }) => isLowOnDisk(free, records.nodes.get(id)?.host)).length,
  })
  metrics.watch({
    name: 'bramble_state_free_bytes',
    help: 'Free where the master keeps its state',
    read: () => freeBytes(config.dataDir),
  })
  metrics.watch({
    name: 'bramble_instances',
    help: 'Instances by phase',
    label: 'phase',
    read: () => countBy(InstancePhase.options, records.instances.values(), (it) => shownPhase(fleet, it)),
  })
  metrics.watch({
    name: 'bramble_operations_open',
    help: 'Operations that have not ended, by kind',
    label: 'kind',
    read: () => countBy(operationKinds, records.operations.values(), ({ kind }) => kind),
  })
  metrics.watch({
    name: 'bramble_events_recorded',
    help: 'Events numbered since the cloudlet was made',
    read: async () => (await store.events(0, 1)).lastSequence,
  })
  metrics.watch({
    name: 'bramble_dead_facts',
    help: 'Facts that could not be taken and are kept for somebody to look at them',
    read: () => records.deadFacts.size,
  })
  const { counts } = bus
  if (!counts) return
  metrics.watch({
    name: 'bramble_bus_messages',
    help: 'Messages since the start, by what became of them',
    label: 'outcome',
    read: () => new Map(Object.entries(counts())),
  })
}

/** Of what the master cannot do without: also while it waits for it. */
export function measureReadiness(metrics: Pick<Metrics, 'watch'>, readiness: Pick<Readiness, 'check'>): void {
  metrics.watch({
    name: 'bramble_dependency_up',
    help: 'Whether what the master depends on works: store, lease, bus',
    label: 'dependency',
    read: async () => {
      const { checks } = await readiness.check()
      return new Map(Object.entries(checks).map(([name, { ok }]) => [name, ok ? 1 : 0]))
    },
  })
}

function countBy<Item, Label extends string>(labels: readonly Label[], items: Iterable<Item>, of: (it: Item) => Label) {
  const counts = new Map<string, number>(labels.map((label) => [label, 0]))
  for (const item of items) counts.set(of(item), (counts.get(of(item)) ?? 0) + 1)
  return counts
}
