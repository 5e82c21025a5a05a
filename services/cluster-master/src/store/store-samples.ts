import { newId } from '@bramble/contracts'
import type { BaseId, Instance, NodeId, OperationId } from '@bramble/contracts'
import type { Draft } from './store.ts'

// Documents for tests of the store.

export const setting = (id: string, value: unknown) => ({ id, value })

export function sampleInstance(over: Partial<Draft<Instance>> = {}): Draft<Instance> {
  const id = newId('instance')
  return {
    id,
    name: `vm-${id.slice(-11)}`,
    source: { kind: 'base', base: 'ba-01' as BaseId },
    node: 'pi-01' as NodeId,
    reserved: { memoryBytes: 268_435_456, cpus: 1 },
    publish: [],
    operation: 'op-01' as OperationId,
    status: { phase: 'pending', forwards: [] },
    ...over,
  }
}
