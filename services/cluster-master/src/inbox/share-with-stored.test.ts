import type { Instance, ObservedInstance } from '@bramble/contracts'
import { shareWithStored } from './share-with-stored.ts'

const forward = { guestPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 8080 }
const observed = () =>
  ({ id: 'in-1', phase: 'running', forwards: [{ ...forward }], timings: { totalMs: 3 } }) as unknown as ObservedInstance
const stored = (more: object = {}) => {
  const { id, ...status } = observed()
  return { id, status: { ...status, ...more } } as unknown as Instance
}

it('shares what both say, and leaves the rest as it is told', () => {
  const [told, instance] = [observed(), stored({ timings: { totalMs: 4 }, detail: 'stored alone' })]
  shareWithStored(told, instance)
  expect(told).toEqual(observed())
  expect(told.forwards).toBe(instance.status.forwards)
  expect(told.timings).not.toBe(instance.status.timings)
})
