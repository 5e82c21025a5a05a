// What /metrics tells of the cloudlet, read at every scrape. Each series of a known label is there from the start, with 0,
// so that a graph has no holes.
import { InstancePhase, Liveness, Operation } from '@bramble/contracts'
import type { Metrics } from '@bramble/kit'
import { projectInstance } from './fleet/project.ts'
import type { Master } from './master.ts'

const operationKinds = Operation.shape.kind.options

export function measure(metrics: Pick<Metrics, 'watch'>, { bus, fleet, records, store }: Master): void {
  metrics.watch({
    name: 'bramble_nodes',
    help: 'Nodes by liveness',
    label: 'liveness',
    read: () => countBy(Liveness.options, fleet.nodes(), ({ liveness }) => liveness),
  })
  metrics.watch({
    name: 'bramble_instances',
    help: 'Instances by phase',
    label: 'phase',
    read: () =>
      countBy(InstancePhase.options, records.instances.values(), (it) => projectInstance(fleet, it).status.phase),
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

function countBy<Item, Label extends string>(labels: readonly Label[], items: Iterable<Item>, of: (it: Item) => Label) {
  const counts = new Map<string, number>(labels.map((label) => [label, 0]))
  for (const item of items) counts.set(of(item), (counts.get(of(item)) ?? 0) + 1)
  return counts
}
