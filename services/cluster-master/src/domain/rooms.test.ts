import type { NodeId } from '@bramble/contracts'
import { sampleHost } from '../testing/samples.ts'
import { roomHostOf } from './room.ts'
import type { Room } from './room.ts'
import { keepRooms } from './rooms.ts'
import type { Rooms } from './rooms.ts'

const host = roomHostOf({ ...sampleHost, cpus: 4, memoryBytes: 8000 })
const room = (id: string, reservedBytes: number, more: Partial<Room> = {}): Room => ({
  ...{ id: id as NodeId, cluster: 'shelf', admission: 'approved', liveness: 'ready', host },
  ...{ reserved: { memoryBytes: reservedBytes, cpus: 1 }, ports: new Map(), cached: new Set() },
  ...more,
})
const loadOf = (rooms: Rooms, at: number) => {
  const load = { memoryBytes: 0, cpus: 0, reservedMemoryBytes: 0, reservedCpus: 0 }
  return rooms.readLoad(at, load) ? load : undefined
}

it('keeps rooms in the order in which they came, however many', () => {
  const rooms = keepRooms(Array.from({ length: 100 }, (_, n) => room(`n${n}`, n)))
  expect(rooms.size).toBe(100)
  expect([rooms.at(99).id, loadOf(rooms, 99)]).toEqual([
    'n99',
    { memoryBytes: 8000, cpus: 4, reservedMemoryBytes: 99, reservedCpus: 1 },
  ])
  expect(loadOf(rooms, 0)?.reservedMemoryBytes).toBe(0)
})

it('takes what a room is now in its old place', () => {
  const rooms = keepRooms([room('a', 1), room('b', 2)])
  const again = room('a', 7)
  rooms.note(again)
  expect([rooms.size, rooms.at(0) === again, loadOf(rooms, 0)?.reservedMemoryBytes]).toEqual([2, true, 7])
})

it('knows no load of a host that has not reported, until it has', () => {
  const rooms = keepRooms([room('a', 1, { host: undefined! })])
  expect(loadOf(rooms, 0)).toBeUndefined()
  rooms.note(room('a', 1))
  expect(loadOf(rooms, 0)).toMatchObject({ memoryBytes: 8000 })
})
