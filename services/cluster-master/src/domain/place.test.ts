import type { Digest, NodeId } from '@bramble/contracts'
import fc from 'fast-check'
import { sampleHost } from '../testing/samples.ts'
import type { Wanted } from './place-filters.ts'
import { codeOf, describeRejections, place } from './place.ts'
import { policies } from './policies.ts'
import { rankVersion, roomHostOf } from './room.ts'
import type { Room } from './room.ts'
import { keepRooms } from './rooms.ts'

const GiB = 2 ** 30
const placing = { policy: policies['least-reserved'], context: { cpuOvercommit: 2 } }
const host = roomHostOf({ ...sampleHost, cpus: 4, memoryBytes: 8 * GiB })
const digest = 'sha256:0' as Digest

const room = (id: string, more: Partial<Room> = {}): Room => ({
  id: id as NodeId,
  cluster: 'shelf',
  admission: 'approved',
  liveness: 'ready',
  host,
  free: { memoryBytes: 8 * GiB, diskBytes: 10 * GiB },
  reserved: { memoryBytes: 0, cpus: 0 },
  ports: new Map(),
  cached: new Set(),
  ...more,
})
const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  reserve: { memoryBytes: GiB, cpus: 1 },
  ideal: { memoryBytes: GiB, cpus: 1 },
  memoryBytes: GiB,
  machine: {},
  publish: [],
  files: [],
  ...more,
})

describe('place', () => {
  it.each<[string, Partial<Wanted>, Partial<Room>, string, RegExp]>([
    ['not approved', {}, { admission: 'draining' }, 'no_node_fits', /draining/],
    ['not ready', {}, { liveness: 'suspect' }, 'no_node_fits', /suspect/],
    ['never heard of', {}, { host: undefined! }, 'no_node_fits', /not reported/],
    ['of another arch', { machine: { arch: 'aarch64' } }, {}, 'machine_mismatch', /x86_64/],
    ['without the accelerator', { machine: { accelerator: 'kvm' } }, {}, 'machine_mismatch', /tcg/],
    ['without the machine type', { machine: { machineType: 'virt-1' } }, {}, 'machine_mismatch', /virt-1/],
    ['with an older QEMU', { machine: { qemuVersion: '10.0.3' } }, {}, 'machine_mismatch', /10.0.2/],
    ['without the CPU model', { machine: { cpuModel: 'EPYC' } }, {}, 'cpu_model_unavailable', /EPYC/],
    ['reserved', {}, { reserved: { memoryBytes: 7.5 * GiB, cpus: 0 } }, 'insufficient_memory', /1024 MiB wanted/],
    ['too full for its size', { memoryBytes: 9 * GiB }, {}, 'insufficient_memory', /9216 MiB wanted, 8192 MiB/],
    ['really full', {}, { free: { memoryBytes: 1, diskBytes: 1 } }, 'insufficient_memory', /0 MiB/],
    ['without cpus', {}, { reserved: { memoryBytes: 0, cpus: 7.5 } }, 'no_node_fits', /cpus/],
    ['without disk', { files: [{ digest, sizeBytes: 11 * GiB }] }, {}, 'insufficient_disk', /11264 MiB to fetch/],
    [
      'whose port is held',
      { publish: [{ guestPort: 80, protocol: 'tcp', hostPort: 80 }] },
      { ports: new Map([['tcp/80', 'web']]) },
      'port_taken',
      /instance web/,
    ],
  ])('refuses a node %s', (_what, asks, has, code, reason) => {
    const verdict = place(wanted(asks), keepRooms([room('pi-01', has)]), placing)
    expect(verdict).toMatchObject({ kind: 'refused', rejections: [{ node: 'pi-01', code }] })
    expect(verdict.kind === 'refused' && verdict.rejections[0]?.reason).toMatch(reason)
  })

  it('reserves the minimum alone, and gives the size where it is free', () => {
    const asks = wanted({ reserve: { memoryBytes: GiB / 4, cpus: 1 }, memoryBytes: GiB })
    const has = room('pi-01', { reserved: { memoryBytes: 7.5 * GiB, cpus: 1 } })
    expect(place(asks, keepRooms([has]), placing)).toEqual({ kind: 'placed', node: 'pi-01' })
    const full = { ...has, free: { ...has.free!, memoryBytes: GiB - 1 } }
    expect(place(asks, keepRooms([full]), placing).kind).toBe('refused')
  })

  it('does not count files that the node has, nor the same port of another protocol', () => {
    const asks = wanted({
      files: [{ digest, sizeBytes: 11 * GiB }],
      publish: [{ guestPort: 53, protocol: 'udp', hostPort: 53 }],
    })
    const has = room('pi-01', { cached: new Set([digest]), ports: new Map([['tcp/53', 'dns']]) })
    expect(place(asks, keepRooms([has]), placing)).toEqual({ kind: 'placed', node: 'pi-01' })
  })

  it('takes the least reserved, and one with room for the ideal before one without', () => {
    const busy = room('busy', { reserved: { memoryBytes: 4 * GiB, cpus: 1 } })
    expect(place(wanted(), keepRooms([busy, room('idle'), room('same')]), placing)).toMatchObject({ node: 'idle' })
    const small = room('small', { host: { ...host, memoryBytes: 2 * GiB } })
    const asks = wanted({ ideal: { memoryBytes: 4 * GiB, cpus: 1 } })
    expect(place(asks, keepRooms([small, busy]), placing)).toMatchObject({ node: 'busy' })
  })

  it('never reserves more than there is, in whatever order launches come', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 * GiB }), { maxLength: 40 })
    fc.assert(
      fc.property(sizes, (memory) => {
        const rooms = [room('a'), room('b', { host: { ...host, memoryBytes: 3 * GiB } })]
        for (const memoryBytes of memory) {
          const verdict = place(wanted({ reserve: { memoryBytes, cpus: 0.1 } }), keepRooms(rooms), placing)
          const taken = rooms.find(({ id }) => verdict.kind === 'placed' && id === verdict.node)
          if (taken) taken.reserved.memoryBytes += memoryBytes
        }
        return rooms.every((it) => it.reserved.memoryBytes <= it.host!.memoryBytes)
      }),
    )
  })
})

describe('rejections', () => {
  const rejection = (node: string, code: 'insufficient_memory' | 'no_node_fits') => ({
    node: node as NodeId,
    code,
    reason: 'is so',
  })

  it('have the one code that holds for all nodes', () => {
    expect(codeOf([rejection('a', 'insufficient_memory'), rejection('b', 'insufficient_memory')])).toBe(
      'insufficient_memory',
    )
    expect(codeOf([rejection('a', 'insufficient_memory'), rejection('b', 'no_node_fits')])).toBe('no_node_fits')
    expect(codeOf([])).toBe('no_node_fits')
  })

  it('name nodes by what they have in common, and count the rest of a large fleet', () => {
    const few = [rejection('a', 'no_node_fits'), { ...rejection('b', 'insufficient_memory'), reason: 'is full' }]
    expect(describeRejections([...few, rejection('c', 'no_node_fits')])).toBe('a, c: is so; b: is full')
    const many = Array.from({ length: 102 }, (_, n) => rejection(`n${n}`, 'no_node_fits'))
    expect(describeRejections(many)).toMatch(/^n0, .* n99: is so; and 2 more$/)
    expect(describeRejections([])).toBe('There is no node.')
  })
})

describe('rankVersion', () => {
  it.each([
    ['10.0.2', '10.0.10'],
    ['9.2.4', '10.0.0'],
    ['10.0', '10.0.1'],
  ])('%s comes before %s', (older, newer) => expect(rankVersion(older)).toBeLessThan(rankVersion(newer)))
})
