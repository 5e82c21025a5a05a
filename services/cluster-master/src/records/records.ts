import { isTerminal } from '@bramble/contracts'
import type { Base, Declaration, Instance, Node, Operation, Overlay, Service } from '@bramble/contracts'
import type { Store, StoredDeadFact, StoredInvitation, StoredToken } from '../store/store.ts'
import { createMirror } from './mirror.ts'
import type { Mirror, MirrorOptions } from './mirror.ts'
import { createPartSharer } from './share-parts.ts'

/** What the master works with, by noun; the only way in which these documents are written. */
export interface Records {
  nodes: Mirror<Node>
  bases: Mirror<Base>
  overlays: Mirror<Overlay>
  services: Mirror<Service>
  instances: Mirror<Instance>
  /** Those that have not ended. */
  operations: Mirror<Operation>
  tokens: Mirror<StoredToken>
  invitations: Mirror<StoredInvitation>
  deadFacts: Mirror<StoredDeadFact>
  /** What descriptions of the testbed said, item by item. */
  declarations: Mirror<Declaration>
}

export type RecordListeners = Partial<{ [N in keyof Records]: NonNullable<MirrorOptions<RecordOf<N>>['onChange']> }> & {
  /** Called with every write of any of them. */
  written?: () => void
}
type RecordOf<N extends keyof Records> = Records[N] extends Mirror<infer D> ? D : never

const everything = [undefined]
const open = [{ status: 'pending' }, { status: 'running' }]

export function createRecords(store: Store, listeners: RecordListeners): Records {
  const told = <D>(own: MirrorOptions<D>['onChange']): MirrorOptions<D> => ({
    onChange: (before, after) => {
      own?.(before, after)
      listeners.written?.()
    },
  })
  return {
    nodes: createMirror(store.collection('nodes'), everything, told(listeners.nodes)),
    bases: createMirror(store.collection('bases'), everything, told(listeners.bases)),
    overlays: createMirror(store.collection('overlays'), everything, told(listeners.overlays)),
    services: createMirror(store.collection('services'), everything, told(listeners.services)),
    instances: createMirror(store.collection('instances'), everything, {
      ...told(listeners.instances),
      pack: createPartSharer(),
    }),
    operations: createMirror(store.collection('operations'), open, {
      ...told(listeners.operations),
      holds: ({ status }) => !isTerminal(status),
    }),
    tokens: createMirror(store.collection('tokens'), everything, told(listeners.tokens)),
    invitations: createMirror(store.collection('invitations'), everything, told(listeners.invitations)),
    deadFacts: createMirror(store.collection('deadFacts'), everything),
    declarations: createMirror(store.collection('declarations'), everything, told(listeners.declarations)),
  }
}

export async function loadRecords(records: Records): Promise<void> {
  for (const mirror of Object.values(records) as { load(): Promise<void> }[]) await mirror.load()
}
