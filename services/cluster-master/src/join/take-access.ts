import { fleetOfName } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { revokeNodeToken } from '../auth/tokens.ts'
import type { Master } from '../master.ts'
import { fleetWithName } from './fleet-names.ts'

/** Takes what a node was given: its token, its broker user and queue, and with the last of a fleet that one's user. What is taken already is no error. */
export async function takeAccess(
  { records, joining }: Pick<Master, 'records' | 'joining'>,
  node: NodeId,
): Promise<void> {
  await revokeNodeToken({ records }, node)
  await joining?.access.revoke(node)
  // What fleet it was of, if any, its document says no more.
  const fleet = fleetOfName(node)
  if (fleet && !fleetWithName(records, node)) await joining?.access.revokeFleet(fleet)
}
