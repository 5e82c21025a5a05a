import { InstancePhase } from '@bramble/contracts'
import type { Instance, InstanceId, Node, NodeId } from '@bramble/contracts'
import { newNode } from '../domain/new-node.ts'
import { createFleet } from './fleet.ts'
import { projectInstance, shownPhase } from './project.ts'

const node = 'a' as NodeId
const id = 'in-1' as InstanceId
const instance = (phase: Instance['status']['phase']) =>
  ({ id, name: 'one', node, publish: [], reserved: {}, status: { phase, forwards: [] } }) as unknown as Instance

describe('the phase that is shown', () => {
  it.each(InstancePhase.options)('is that of the instance as it is shown, stored as %s', (stored) => {
    for (const told of [undefined, ...InstancePhase.options])
      for (const waits of [undefined, 'for room']) {
        const fleet = createFleet()
        fleet.nodeChanged(newNode({ id: node, cluster: 'c', labels: {}, admission: 'approved' }) as Node)
        fleet.hold(instance(stored))
        const known = fleet.node(node)!
        if (told) known.observed.set(id, { id, phase: told, forwards: [] } as never)
        if (waits) known.leaving.set(id, { sinceMs: 0, waits })
        expect(shownPhase(fleet, instance(stored))).toBe(projectInstance(fleet, instance(stored)).status.phase)
      }
  })
})
