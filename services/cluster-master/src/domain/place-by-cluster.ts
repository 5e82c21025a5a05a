import type { ChosenPolicies } from './chosen-policies.ts'
import type { PlaceContext, Wanted } from './place-filters.ts'
import { place } from './place.ts'
import type { Verdict } from './place.ts'
import type { Room } from './room.ts'
import { keepRooms } from './rooms.ts'
import type { Rooms } from './rooms.ts'

/** Each cluster with a policy of its own offers its best node, all others together theirs; the default's scores decide. */
export function placeByCluster(
  wanted: Wanted,
  rooms: Rooms,
  { standard, byCluster, context }: ChosenPolicies & { context: PlaceContext },
): Verdict {
  if (byCluster.size === 0) return place(wanted, rooms, { policy: standard, context })
  const groups = Map.groupBy(all(rooms), ({ cluster }) => (byCluster.has(cluster) ? cluster : undefined))
  const verdicts = Array.from(groups, ([cluster, group]) => {
    const policy = byCluster.get(cluster ?? '') ?? standard
    return { group, verdict: place(wanted, keepRooms(group), { policy, context }) }
  })
  const offered = verdicts.flatMap(({ group, verdict }) =>
    verdict.kind === 'placed' ? group.filter(({ id }) => id === verdict.node) : [],
  )
  if (offered.length > 0) return place(wanted, keepRooms(offered), { policy: { ...standard, filters: [] }, context })
  const rejections = verdicts.flatMap(({ verdict }) => (verdict.kind === 'refused' ? verdict.rejections : []))
  return { kind: 'refused', rejections }
}

const all = (rooms: Rooms): Room[] => Array.from({ length: rooms.size }, (_, at) => rooms.at(at))
