import { eventually, ProblemError } from '@bramble/kit'
import { makeBed } from './agent.fixture.ts'
import { createSimulatedDriver } from './drivers/simulated/simulated-driver.ts'
import { desiredOf, instanceOf } from './world.fixture.ts'

const a = instanceOf(1)

describe('an agent whose hypervisor is away for a moment', () => {
  it.each(['check', 'start', 'setClock', 'waitReady'] as const)(
    'rests at %s, and goes on when it is back',
    async (at) => {
      await using bed = await makeBed()
      const driver = createSimulatedDriver(bed.host)
      let times = 0
      const act = async (...args: unknown[]) => {
        if (times++ === 0) throw new ProblemError('unavailable', 'not connected to the daemon')
        return (driver[at] as (...args: unknown[]) => Promise<unknown>)(...args)
      }
      await bed.startAgent({ driver: { ...driver, [at]: act } })
      await bed.want(desiredOf(1, [a]))
      await eventually(() => expect(bed.seen(a.id)?.phase).toBe('running'))
      expect(times).toBe(2)
      expect(bed.host.acts).toMatchObject({ start: 1, destroy: 0 })
      expect(bed.facts.map(({ verb }) => verb)).not.toContain('failed')
    },
  )
})
