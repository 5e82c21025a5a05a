import type { Wanted } from './place-filters.ts'
import type { Room, RoomHost } from './room.ts'

/** How well a node that can take an instance suits it: more is better. */
export type Score = (wanted: Wanted, room: Room, host: RoomHost) => number

/** A node with room for the ideal before one without. */
export const fitsIdeal: Score = ({ ideal }, { reserved }, host) =>
  Number(host.memoryBytes - reserved.memoryBytes >= ideal.memoryBytes && host.cpus - reserved.cpus >= ideal.cpus)

/** The node of which, with this instance, the smallest share is reserved. */
export const leastReserved: Score = ({ reserve }, { reserved }, host) => {
  const memoryShare = (reserved.memoryBytes + reserve.memoryBytes) / host.memoryBytes
  const cpuShare = (reserved.cpus + reserve.cpus) / host.cpus
  return -(memoryShare + cpuShare)
}
