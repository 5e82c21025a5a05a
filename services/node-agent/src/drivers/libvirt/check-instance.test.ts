import { createClaims } from '../../claims.ts'
import { instanceOf } from '../../world.fixture.ts'
import { claimRoom } from './check-instance.ts'
import type { LibvirtContext } from './libvirt-context.ts'

const MiB = 1024 ** 2
const claimsOf = (code: string, freeMiB: number) =>
  createClaims({
    freeBytes: async () => freeMiB * MiB,
    reserveBytes: 0,
    refuse: ({ what }) => new Error(`${code} ${what}`),
  })
const contextOf = (memoryMiB: number, diskMiB: number) =>
  ({ memory: claimsOf('memory', memoryMiB), images: { space: claimsOf('disk', diskMiB) } }) as unknown as LibvirtContext

const claimAll = (context: LibvirtContext) =>
  Promise.allSettled([1, 2].map((number) => claimRoom(context, instanceOf(number, { memoryBytes: 100 * MiB }))))
const outcomes = async (context: LibvirtContext) =>
  (await claimAll(context)).map((one) => (one.status === 'fulfilled' ? 'room' : (one.reason as Error).message))

describe('two starts at a time', () => {
  it.each([
    ['both run', 200, 200, ['room', 'room']],
    ['one is refused for its memory', 199, 200, ['room', 'memory web-2']],
    ['one is refused for its disk', 200, 100, ['room', 'disk web-2']],
  ])('%s', async (_, memoryMiB, diskMiB, expected) => {
    expect(await outcomes(contextOf(memoryMiB, diskMiB))).toEqual(expected)
  })

  it('leave the room to others when they end or are refused', async () => {
    const context = contextOf(200, 100)
    for (const one of await claimAll(context)) if (one.status === 'fulfilled') one.value[Symbol.dispose]()
    await context.memory.claim('others', 200 * MiB)
    await context.images.space.claim('others', 100 * MiB)
  })
})
