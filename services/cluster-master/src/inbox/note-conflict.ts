import { compareRevisions } from '@bramble/contracts'
import type { ReportNode } from '@bramble/contracts'
import type { FleetNode } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'

/**
 * A node got another document under the revision of ours: somebody else writes as the master. It keeps what came first, so
 * ours is made anew under a later revision; what is told of an earlier one is over.
 */
export async function noteConflict(master: Master, node: FleetNode, { conflict, at }: ReportNode): Promise<void> {
  const ours = node.published?.document.revision
  if (!conflict || !ours || compareRevisions(conflict.revision, ours) !== 0) return
  const { revision, detail } = conflict
  master.logger.error({ node: node.id, revision }, `node refuses its desired document: ${detail}`)
  delete node.published
  master.work.nodes.add(node.id)
  const event = {
    id: `node.${node.id}:conflict:${revision.epoch}.${revision.n}`,
    type: 'node.conflict',
    at,
    resource: { kind: 'node' as const, id: node.id },
    summary: `node ${node.id} refuses its desired document: ${detail}`,
  }
  await master.events.append([event])
}
