import type { Instance } from '@bramble/contracts'
import { createPartSharer } from './share-parts.ts'

const instance = (port: number) =>
  ({
    source: { kind: 'base', base: 'ba-1' },
    publish: [{ guestPort: 80, hostPort: port }],
    reserved: {},
  }) as unknown as Instance

it('gives equal instances the same parts, and others their own', () => {
  const share = createPartSharer()
  const [first, second, other] = [80, 80, 81].map((port) => share(instance(port))) as [Instance, Instance, Instance]
  expect([first, second, other]).toEqual([80, 80, 81].map(instance))
  expect(second.source).toBe(first.source)
  expect(second.publish).toBe(first.publish)
  expect(other.source).toBe(first.source)
  expect(other.publish).not.toBe(first.publish)
})

it('goes on when it has seen more parts than it keeps', () => {
  const share = createPartSharer()
  for (let port = 0; port < 20_001; port += 1) expect(share(instance(port)).publish[0]!.hostPort).toBe(port)
})
