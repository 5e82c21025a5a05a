import type { Wanted } from './place-filters.ts'
import type { RoomLoad } from './rooms.ts'

/** How well a node that can take an instance suits it: more is better. */
export type Score = (wanted: Wanted, load: RoomLoad) => number

/** A node with room for the ideal before one without. */
export const fitsIdeal: Score = ({ ideal }, { memoryBytes, cpus, reservedMemoryBytes, reservedCpus }) =>
  Number(memoryBytes - reservedMemoryBytes >= ideal.memoryBytes && cpus - reservedCpus >= ideal.cpus)

/** The node of which, with this instance, the smallest share is reserved. */
export const leastReserved: Score = ({ reserve }, { memoryBytes, cpus, reservedMemoryBytes, reservedCpus }) => {
  const memoryShare = (reservedMemoryBytes + reserve.memoryBytes) / memoryBytes
  const cpuShare = (reservedCpus + reserve.cpus) / cpus
  return -(memoryShare + cpuShare)
}
