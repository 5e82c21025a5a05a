import type { NodeId } from '@bramble/contracts'
import { revokeNodeToken } from '../auth/tokens.ts'
import type { Master } from '../master.ts'

/** Takes what a node was given: its token, its broker user and queue. What is taken already is no error. */
export async function takeAccess(
  { records, joining }: Pick<Master, 'records' | 'joining'>,
  node: NodeId,
): Promise<void> {
  await revokeNodeToken({ records }, node)
  await joining?.access.revoke(node)
}
