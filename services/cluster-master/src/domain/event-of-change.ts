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
}

/** What a document is in, as an event tells it. */
interface Told {
  name?: string
  kind?: string
  status?: string | { phase: string }
  liveness?: string
  incarnation?: number
  deed?: NodeDeed
  refused?: number
}

/** The event of a write; undefined for those that are nobody's business (settings, idempotency). */
export function eventOfChange(change: Change): Omit<Event, 'sequence'> | undefined {
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

function verbOf({ removed, revision }: Change, { status, liveness, deed, refused, incarnation }: Told): string {
  if (removed) return 'deleted'
  if (incarnation && typeof status === 'object' && status.phase === 'pending') return 'replaced'
  if (deed?.revision === revision) return deed.verb
  if (refused !== undefined && revision > 1) return refused > 0 ? 'abused' : 'used'
  if (typeof status === 'string') return status
  return status?.phase ?? liveness ?? (revision === 1 ? 'created' : 'updated')
}
