import { canNode } from '@bramble/contracts'
import type { Node, NodeId, Timestamp } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { declaredNode } from '../app/declared-spec.ts'
import { declareNode } from '../domain/declared-node.ts'
import { newNode } from '../domain/new-node.ts'
import type { Master } from '../master.ts'
import type { Draft, StoredInvitation } from '../store/store.ts'

export interface Joiner {
  id: NodeId
  invitation: StoredInvitation
  /** SHA-256 of its public key. */
  key: string
}

/**
 * Whether a host may have the name: when it is nobody's, its own already (who has the key is the same host), or that of a
 * node that was retired before the invitation was made. @throws `name_taken`
 */
export function checkName(node: Node | undefined, { id, invitation, key }: Joiner): void {
  if (!node || node.identity?.key === key) return
  if (!canNode('replace', node.admission)) throw new ProblemError('name_taken', `There is already a node ${id}.`)
  if (node.deed && node.deed.at >= invitation.createdAt)
    throw new ProblemError('name_taken', `The node ${id} was retired after this invitation was made.`)
}

/**
 * Makes a host a node, or gives one that was there its identity anew. Where the description of the testbed names it, that
 * says in which cluster it is, not the invitation.
 */
export async function admitNode(master: Master, joiner: Joiner, certificateExpiresAt: Timestamp): Promise<Node> {
  const { id, invitation, key } = joiner
  const { cluster, labels, needsApproval, fleet } = invitation
  const joinedAt = master.clock.now()
  const identity = {
    ...{ invitation: invitation.id, key, joinedAt, certificateExpiresAt },
    ...(fleet !== undefined && { fleet }),
  }
  const invited = newNode({ id, cluster, labels, admission: needsApproval ? 'seen' : 'approved' })
  const fresh = { ...declareNode(invited, declaredNode(master.records, id)?.spec), identity }
  const deed = { verb: 'joined', at: joinedAt, by: invitation.id } as const
  const known = await master.records.nodes.update(id, (node) => {
    checkName(node, joiner)
    const next = { ...deed, revision: node.revision + 1 }
    if (canNode('replace', node.admission)) return { ...startAnew(node, fresh), deed: next }
    return { ...node, identity, deed: { ...next, verb: 'rejoined' } }
  })
  return known ?? master.records.nodes.insert({ ...fresh, deed: { ...deed, revision: 1 } })
}

/** The name's next host. What the one before had counts no more, unless it is the same one that was invited again. */
function startAnew({ revision, createdAt, updatedAt, refusedKeys = [] }: Node, fresh: Draft<Node>): Node {
  const others = refusedKeys.filter(({ key }) => key !== fresh.identity?.key)
  return { ...fresh, revision, createdAt, updatedAt, ...(others.length > 0 && { refusedKeys: others }) }
}
