// Rooms in the order in which they came. What scores look at lies side by side in one array: a launch compares all nodes,
// and to follow references to each of thousands costs many times what the comparison does.
import type { NodeId } from '@bramble/contracts'
import type { Room } from './room.ts'

/** What a host has, and what of it is reserved. */
export interface RoomLoad {
  memoryBytes: number
  cpus: number
  reservedMemoryBytes: number
  reservedCpus: number
}

export interface Rooms {
  readonly size: number
  at(index: number): Room
  /** False when its agent has not reported yet. */
  readLoad(index: number, into: RoomLoad): boolean
}

export interface KeptRooms extends Rooms {
  /** Takes a new room, or notes that one has changed. */
  note(room: Room): void
}

const width = 4

export function keepRooms(rooms: Iterable<Room> = []): KeptRooms {
  const all: Room[] = []
  const indexOf = new Map<NodeId, number>()
  let numbers = new Float64Array(width)

  const note = (room: Room) => {
    const index = indexOf.get(room.id) ?? all.length
    if (index === all.length) indexOf.set(room.id, index)
    all[index] = room
    if (all.length * width > numbers.length) numbers = widened(numbers)
    const { host, reserved } = room
    numbers.set([host?.memoryBytes ?? NaN, host?.cpus ?? NaN, reserved.memoryBytes, reserved.cpus], index * width)
  }
  for (const room of rooms) note(room)

  return {
    get size() {
      return all.length
    },
    at: (index) => all[index]!,
    readLoad: (index, into) => {
      const from = index * width
      into.memoryBytes = numbers[from]!
      into.cpus = numbers[from + 1]!
      into.reservedMemoryBytes = numbers[from + 2]!
      into.reservedCpus = numbers[from + 3]!
      return !Number.isNaN(into.memoryBytes)
    },
    note,
  }
}

function widened(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(numbers.length * 2)
  wider.set(numbers)
  return wider
}
