import { newId } from '@bramble/contracts'
import type { BaseId, InstanceId, NodeId, Operation } from '@bramble/contracts'
import { acceptOperation } from '../app/accept-operation.ts'
import { deleteInstance } from '../app/delete-instance.ts'
import type { Master } from '../master.ts'
import { makeMaster } from '../testing/make-master.ts'
import { carryOutOperations } from './carry-out-operations.ts'

const caller = { tokenId: 'tk', requestId: 'r' }

/** Accepts a launch as the API does. */
async function accept(master: Master, name: string): Promise<Operation> {
  const id = newId('operation')
  const instance = {
    id: newId('instance'),
    name,
    source: { kind: 'base' as const, base: newId('base') as BaseId },
    node: 'pi-01' as NodeId,
    reserved: { memoryBytes: 1, cpus: 1 },
    publish: [],
    operation: id,
    status: { phase: 'pending' as const, forwards: [] },
  }
  const resources = [{ kind: 'instance' as const, id: instance.id as InstanceId }]
  const intent = { kind: 'instance.launch' as const, request: { base: 'b', publish: [] }, instance }
  master.fleet.hold(instance)
  return acceptOperation(master, caller, { id, intent, resources, cancellable: true })
}

it('carries out the others while one is held up, and tries that one again', async () => {
  let isHeldUp = true
  const { master, clock, stop } = await makeMaster()
  const { insert } = master.records.instances
  master.records.instances.insert = async (draft) => {
    if (isHeldUp && draft.name === 'held-up') throw new Error('no such table')
    return insert(draft)
  }
  const names = () => [...master.records.instances.values()].map(({ name }) => name)
  const task = carryOutOperations(master)
  const run = async () => task.run(new AbortController().signal)
  await accept(master, 'held-up')
  await accept(master, 'other')
  await run()
  expect(names()).toEqual(['other'])
  expect(master.work.operations.isEmpty()).toBe(true)
  clock.advance(100)
  expect(master.work.operations.isEmpty()).toBe(false)
  await run()
  isHeldUp = false
  clock.advance(100)
  expect(master.work.operations.isEmpty()).toBe(true)
  clock.advance(100)
  await run()
  expect(names()).toEqual(['other', 'held-up'])
  await stop()
})

it('cancels the launch of what is deleted, also when the master ends in between', async () => {
  const { master, again, stop } = await makeMaster()
  const launch = await accept(master, 'one')
  await deleteInstance(master, caller, 'one')
  const next = await again()
  const task = carryOutOperations(next)
  await task.run(new AbortController().signal)
  expect(next.records.operations.get(launch.id)?.cancelRequested).toBe(true)
  expect([...next.records.instances.values()].map(({ status }) => status.phase)).toEqual(['deleting'])
  await stop()
})
