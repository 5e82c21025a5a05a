import type { NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Wanted } from '../domain/place-filters.ts'
import { placeByCluster } from '../domain/place-by-cluster.ts'
import { codeOf, describeRejections } from '../domain/place.ts'
import type { NodeRejection } from '../domain/place.ts'
import { keepRooms } from '../domain/rooms.ts'
import type { Rooms } from '../domain/rooms.ts'
import type { Master } from '../master.ts'

/** Which of several ways to run something fits first, and where. @throws with why each node cannot take it */
export function placeInstance<W extends Wanted>(master: Master, ways: readonly W[], pinned?: NodeId) {
  const { policy: _setting, ...context } = master.config.placement
  const placing = { ...master.policies(), context }
  const rejections: NodeRejection[] = []
  for (const wanted of ways) {
    const verdict = placeByCluster(wanted, roomsFor(master, pinned), placing)
    if (verdict.kind === 'placed') return { node: verdict.node, wanted }
    rejections.push(...verdict.rejections)
  }
  throw new ProblemError(codeOf(rejections), describeRejections(rejections))
}

function roomsFor({ fleet }: Master, pinned: NodeId | undefined): Rooms {
  if (pinned === undefined) return fleet.rooms
  const node = fleet.node(pinned)
  if (!node) throw new ProblemError('not_found', `There is no node ${pinned}.`)
  return keepRooms([node])
}
