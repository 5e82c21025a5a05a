import type { Event, NodeDeed, ResourceRef } from '@bramble/contracts'
import type { Change, CollectionName } from '../store/store.ts'

type Kind = ResourceRef['kind']

const kinds: Partial<Record<CollectionName, Kind>> = {
  nodes: 'node',
  bases: 'base',
  overlays: 'overlay',
  services: 'service',
  instances: 'instance',
  operations: 'operation',
  tokens: 'token',
  invitations: 'invitation',
  declarations: 'declaration',
}

/** What a document is in, as an event tells it. */
interface Told {
  name?: string
  kind?: string
  status?: string | { phase: string }
  liveness?: string
  deed?: NodeDeed
  refused?: number
}

type UnnumberedEvent = Omit<Event, 'sequence'>

/** The event of a write; undefined for those that are nobody's business (settings, idempotency). */
export function eventOfChange(change: Change): UnnumberedEvent | undefined {
  const kind = kinds[change.collection]
  if (!kind) return undefined
  const document = change.document as Told
  const verb = verbOf(change, document)
  return {
    id: `${change.id}:${change.removed ? 'removed' : change.revision}`,
    type: `${kind}.${verb}`,
    at: change.at,
    resource: { kind, id: change.id },
    summary: [document.kind ?? kind, document.name ?? change.id, verb].join(' '),
  }
}

/** So many later writes may cover what was done to a node before it is read. */
const coveredWrites = 16

/**
 * The events of what was read of the log of writes, in which a write may have covered those before it. What was done to a
 * node is in its document, and told all the same: an event that was told before has its id in the log of events.
 */
export function eventsOfChange(change: Change): UnnumberedEvent[] {
  const { deed } = change.document as Told
  const isCovered = deed && deed.revision < change.revision && deed.revision >= change.revision - coveredWrites
  const covered = isCovered ? [{ ...change, removed: false, revision: deed.revision, at: deed.at }] : []
  return [...covered, change].map(eventOfChange).filter((event) => event !== undefined)
}

function verbOf({ removed, revision }: Change, { status, liveness, deed, refused }: Told): string {
  if (removed) return 'deleted'
  if (deed?.revision === revision) return deed.verb
  if (refused !== undefined && revision > 1) return refused > 0 ? 'abused' : 'used'
  if (typeof status === 'string') return status
  return status?.phase ?? liveness ?? (revision === 1 ? 'created' : 'updated')
}
