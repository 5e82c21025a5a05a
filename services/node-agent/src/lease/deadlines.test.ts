import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { makeBed } from '../agent.fixture.ts'
import { desiredOf, instanceOf, recordOf, slotFor, stateOf } from '../world.fixture.ts'
import { describeDeadlines } from './deadlines.ts'

const limited = instanceOf(1, { stopAfterSeconds: 60 })
const instancesOf = (...records: ReturnType<typeof recordOf>[]) => new Map(records.map((it) => [it.instance.id, it]))

describe('deadlines', () => {
  it.each([
    ['one that runs', limited, 'ready', 'boot-1 102 slot-1\n'],
    ['one that is about to', limited, 'allocated', 'boot-1 102 slot-1\n'],
    ['one that has failed', limited, 'failed', ''],
    ['one that may always run', instanceOf(1), 'ready', ''],
  ] as const)('of %s', (_what, instance, phase, text) => {
    const record = recordOf(instance, stateOf(phase, slotFor(1)))
    expect(describeDeadlines(instancesOf(record), { bootId: 'boot-1', sentAtMs: 41_001 })).toBe(text)
  })

  it('are over while the master was never heard', () => {
    const record = recordOf(limited, stateOf('ready', slotFor(1)))
    expect(describeDeadlines(instancesOf(record), { bootId: 'b', sentAtMs: -Infinity })).toBe('b 0 slot-1\n')
  })

  it('are in a file for as long as there is something to end, and move with what is heard', async () => {
    await using bed = await makeBed()
    const deadlinesFile = join(bed.stateDir, 'deadlines')
    const read = () => readFile(deadlinesFile, 'utf8')
    const agent = await bed.startAgent({ deadlinesFile })
    const want = async (n: number) => {
      const { session, sequence } = bed.reports.at(-1)!
      await bed.want({ ...desiredOf(n, [limited]), heard: { session, sequence } })
    }
    await eventually(() => expect(bed.reports.length).toBeGreaterThan(0))
    await want(1)
    const [slot] = await eventually(() => {
      expect(bed.host.vms.size).toBe(1)
      return [...bed.host.vms.keys()]
    })
    const line = new RegExp(`^boot-1 \\d+ ${slot}\n$`)
    const first = await eventually(async () => {
      expect(await read()).toMatch(line)
      return read()
    })
    await eventually(async () => {
      await want(1)
      expect(await read()).not.toBe(first)
    })
    expect(await read()).toMatch(line)
    await agent.stop()
    expect(await read()).toMatch(line)
  })
})
