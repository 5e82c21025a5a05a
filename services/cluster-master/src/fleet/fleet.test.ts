import type { InstanceId, Node, NodeId } from '@bramble/contracts'
import { newNode } from '../domain/new-node.ts'
import { createFleet } from './fleet.ts'
import type { Accepted, Fleet } from './fleet.ts'

const [here, there] = ['a', 'b'] as NodeId[] as [NodeId, NodeId]
const accepted = (name: string, more: Partial<Accepted> = {}): Accepted =>
  ({
    ...{ id: `in-${name}`, name, node: here, source: { kind: 'base', base: 'ba-1' }, publish: [] },
    ...{ reserved: { memoryBytes: 5, cpus: 1 }, status: { phase: 'pending', forwards: [] } },
    ...more,
  }) as unknown as Accepted
const publish = [{ guestPort: 80, protocol: 'tcp', hostPort: 8080 }] as Accepted['publish']

let fleet: Fleet
beforeEach(() => {
  fleet = createFleet()
  for (const id of [here, there])
    fleet.nodeChanged(newNode({ id, cluster: 'c', labels: {}, admission: 'approved' }) as Node)
})
const reservedOf = (node: NodeId) => fleet.node(node)!.reserved
const namesOf = (node: NodeId) => Array.from(fleet.node(node)!.instances.values(), ({ instance }) => instance.name)
const heldOf = (name: string) => fleet.node(here)!.instances.get(`in-${name}` as InstanceId)!

describe('an instance that is held', () => {
  it('counts once, as it was last, in the place that it has', () => {
    for (const name of ['x', 'y']) fleet.hold(accepted(name))
    const last = accepted('x', { publish, reserved: { memoryBytes: 7, cpus: 2 } })
    fleet.hold(last)
    fleet.hold(last)
    expect(reservedOf(here)).toEqual({ memoryBytes: 12, cpus: 3 })
    expect(namesOf(here)).toEqual(['x', 'y'])
    expect([...fleet.node(here)!.ports]).toEqual([['tcp/8080', 'x']])
    expect(fleet.accepted(last.id)).toBe(last)
    expect(fleet.acceptedNamed('x')).toBe(last)
  })

  it('counts on the node that it was moved to', () => {
    fleet.hold(accepted('x', { publish }))
    fleet.hold(accepted('x', { publish, node: there }))
    expect([namesOf(here), reservedOf(here)]).toEqual([[], { memoryBytes: 0, cpus: 0 }])
    expect([namesOf(there), reservedOf(there)]).toEqual([['x'], { memoryBytes: 5, cpus: 1 }])
    expect(fleet.node(here)!.ports.size).toBe(0)
  })

  it('leaves nothing when it is released', () => {
    fleet.hold(accepted('x', { publish }))
    fleet.release('in-x' as InstanceId)
    expect([namesOf(here), reservedOf(here), fleet.hasName('x')]).toEqual([[], { memoryBytes: 0, cpus: 0 }, false])
    expect(fleet.node(here)!.ports.size).toBe(0)
  })

  it('is told as before as long as only its state changes', () => {
    fleet.hold(accepted('x'))
    const made = { references: {}, wanted: undefined }
    heldOf('x').made = made
    fleet.hold(accepted('x', { status: { phase: 'running', forwards: [] } }))
    expect(heldOf('x').made).toBe(made)
    for (const change of [{ publish }, { incarnation: 2 }, { source: { kind: 'disk' } }, { whenLost: 'restart' }]) {
      heldOf('x').made = made
      fleet.hold(accepted('x', change as Partial<Accepted>))
      expect(heldOf('x').made).toBeUndefined()
      fleet.hold(accepted('x'))
    }
  })
})
