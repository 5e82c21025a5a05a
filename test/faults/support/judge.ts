// What must be true of every cloudlet once it has come to rest, whatever happened to it. Each gives what is wrong, in words.
import { isTerminal } from '@bramble/contracts'
import type { Event, Instance, Operation, ReportNode } from '@bramble/contracts'

type Told = Omit<Event, 'sequence'>

/**
 * Operations that have not ended, or of whose end there is not exactly one event, or that failed without leave: a
 * launch may give way to a deletion that came before its end.
 */
export function judgeEnds(
  operations: readonly Operation[],
  events: readonly Told[],
  { mayFail = () => false }: { mayFail?: (operation: Operation) => boolean } = {},
): string[] {
  const ends = Map.groupBy(
    events.filter(({ type }) => /^operation\.(succeeded|failed|cancelled)$/.test(type)),
    ({ resource }) => resource.id,
  )
  const deleted = new Set(
    operations.flatMap(({ intent }) => (intent.kind === 'instance.delete' ? intent.instance : [])),
  )
  return operations.flatMap((operation) => {
    const { id, kind, status, error, intent } = operation
    const told = (ends.get(id) ?? []).map(({ type }) => type)
    const gaveWay = status === 'cancelled' && intent.kind === 'instance.launch' && deleted.has(intent.instance.id)
    if (!isTerminal(status)) return [`${kind} ${id} is ${status}`]
    if (status !== 'succeeded' && !gaveWay && !mayFail(operation)) return [`${kind} ${id} ${status}: ${error?.code}`]
    return `${told}` === `operation.${status}` ? [] : [`${kind} ${id} ${status}; told: ${told}`]
  })
}

/** What was accepted and is not in the store, and what is there twice. */
export function judgeAccepted(accepted: readonly Pick<Operation, 'id'>[], operations: readonly Operation[]): string[] {
  const stored = new Set<string>(operations.map(({ id }) => id))
  const lost = accepted.filter(({ id }) => !stored.has(id)).map(({ id }) => `${id} was accepted and is lost`)
  return [...lost, ...judgeRepeated(operations)]
}

/** A request has one Idempotency-Key and one name: two launches of a name are one request carried out twice. */
function judgeRepeated(operations: readonly Operation[]): string[] {
  const launches = operations.flatMap(({ intent }) => (intent.kind === 'instance.launch' ? [intent.instance.name] : []))
  const names = Map.groupBy(launches, (name) => name)
  return [...names].flatMap(([name, all]) => (all.length > 1 ? [`${name} was launched ${all.length} times`] : []))
}

/** Of every instance that its node started and found ready exactly one event each tells so. */
export function judgeFacts(launched: readonly string[], events: readonly Told[]): string[] {
  const told = Map.groupBy(events, ({ type, resource }) => `${type} ${resource.id}`)
  return launched.flatMap((id) =>
    ['instance.started', 'instance.ready'].flatMap((type) => {
      const times = told.get(`${type} ${id}`)?.length ?? 0
      return times === 1 ? [] : [`${type} ${id} was told ${times} times`]
    }),
  )
}

/** What nodes have is what the store says they should, no less and no more. */
export function judgeOrphans(instances: readonly Instance[], reports: readonly ReportNode[]): string[] {
  const wanted = new Set(instances.map(({ id, node }) => `${id} on ${node}`))
  const seen = new Set(reports.flatMap(({ node, instances: all }) => all.map(({ id }) => `${id} on ${node}`)))
  return [
    ...[...seen].filter((it) => !wanted.has(it)).map((it) => `${it} is an orphan`),
    ...[...wanted].filter((it) => !seen.has(it)).map((it) => `${it} is missing`),
  ]
}

/** Instances that their launches made and nothing removed. */
export const launchedIds = (operations: readonly Operation[]): string[] =>
  operations.flatMap(({ intent, status }) =>
    intent.kind === 'instance.launch' && status === 'succeeded' ? [intent.instance.id] : [],
  )
