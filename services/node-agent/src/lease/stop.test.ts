// An agent whose master falls silent, on a simulated host, in time that passes ten times as fast.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hurriedClock, eventually, logCrashPoints } from '@bramble/kit'
import type { DesiredInstance, DesiredNode, ReportNumber } from '@bramble/contracts'
import { makeBed, mortal } from '../agent.fixture.ts'
import type { Bed } from '../agent.fixture.ts'
import { crashPoint } from '../crash-points.ts'
import { bootClockOf, captureOf, desiredOf, instanceOf } from '../world.fixture.ts'

const stopAfterSeconds = 4
const limited = instanceOf(1, { stopAfterSeconds })
const free = instanceOf(2)
/** Long enough to be seen running before, also by a busy machine. */
const patient = instanceOf(1, { stopAfterSeconds: 20 })

const lastReport = async (bed: Bed): Promise<ReportNumber> => {
  const { session, sequence } = await eventually(() => bed.reports.at(-1) ?? Promise.reject(new Error('no report')))
  return { session, sequence }
}
/** As a master would send it now. */
const want = async (bed: Bed, document: DesiredNode) => bed.want({ ...document, heard: await lastReport(bed) })
const reaches = (bed: Bed, { id }: DesiredInstance, phase: string) =>
  eventually(() => expect(bed.seen(id)?.phase).toBe(phase))
const isStopped = (bed: Bed, instance = limited) =>
  eventually(() => {
    expect(bed.seen(instance.id)).toMatchObject({ phase: 'failed', problem: { code: 'lost_master' } })
    expect([...bed.host.vms.values()].map(({ name }) => name)).not.toContain(instance.name)
  })

describe('an agent whose master is silent', () => {
  it('stops what may not run without it, says why, and lets the rest run', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await want(bed, desiredOf(1, [patient, free]))
    await reaches(bed, patient, 'running')
    await isStopped(bed)
    expect(bed.seen(patient.id)!.problem!.detail).toContain('without the master for 20 s')
    expect(bed.seen(free.id)?.phase).toBe('running')
  })

  it('does not start it again when the master is back', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    const document = desiredOf(1, [limited])
    await want(bed, document)
    await isStopped(bed)
    await want(bed, document)
    await want(bed, desiredOf(2, [limited, free]))
    await reaches(bed, free, 'running')
    expect(bed.seen(limited.id)?.phase).toBe('failed')
    expect(bed.host.acts.start).toBe(2)
  })

  it('starts it anew as another incarnation', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await want(bed, desiredOf(1, [limited]))
    await isStopped(bed)
    await want(bed, desiredOf(2, [{ ...limited, incarnation: 1 }]))
    await reaches(bed, limited, 'running')
    expect(bed.seen(limited.id)).toMatchObject({ incarnation: 1 })
  })

  it('ends it in the middle of a capture', async () => {
    await using bed = await makeBed({ captureMs: 3000 })
    await bed.startAgent()
    await want(bed, desiredOf(1, [limited], [captureOf(1, limited)]))
    await eventually(() => expect(bed.reports.at(-1)!.captures).toMatchObject([{ status: 'running' }]))
    await isStopped(bed)
    expect(bed.reports.at(-1)!.captures).toMatchObject([{ status: 'running' }])
  })

  it.each([
    ['start', { startMs: 60_000 }],
    ['first answer', { readyMs: 60_000 }],
  ])('ends it before its %s', async (_what, slow) => {
    await using bed = await makeBed(slow)
    await bed.startAgent()
    await want(bed, desiredOf(1, [limited]))
    await isStopped(bed)
  })
})

describe('an agent that the master hears', () => {
  it('lets it run', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    const document = desiredOf(1, [patient])
    await want(bed, document)
    await reaches(bed, patient, 'running')
    const beganMs = Date.now()
    // Each is obeyed, and so reported.
    for (let n = 2; Date.now() - beganMs < 2500; n += 1) {
      await want(bed, desiredOf(n, [patient]))
      await eventually(() => expect(bed.reports.at(-1)!.obeys!.n).toBe(n))
    }
    expect(bed.seen(patient.id)?.phase).toBe('running')
    expect(bed.host.acts).toMatchObject({ start: 1, destroy: 0 })
  })

  it('starts nothing by a document that was too long on its way, until another one comes', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    const old = { ...desiredOf(1, [limited, free]), heard: { session: 'before', sequence: 1 } }
    await bed.want(old)
    await reaches(bed, free, 'running')
    expect(bed.seen(limited.id)).toBeUndefined()
    await want(bed, old)
    await reaches(bed, limited, 'running')
  })

  it('has another VM for another incarnation', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await bed.want(desiredOf(1, [free]))
    await reaches(bed, free, 'running')
    const before = [...bed.host.vms.keys()]
    await bed.want(desiredOf(2, [{ ...free, incarnation: 1 }]))
    await eventually(() => expect(bed.seen(free.id)).toMatchObject({ phase: 'running', incarnation: 1 }))
    expect(bed.host.vms.size).toBe(1)
    expect([...bed.host.vms.keys()]).not.toEqual(before)
  })
})

describe('an agent that starts again while its master is silent', () => {
  it('counts on from before', async () => {
    await using bed = await makeBed()
    const first = await bed.startAgent()
    await want(bed, desiredOf(1, [patient]))
    await reaches(bed, patient, 'running')
    await first.stop()
    await bed.startAgent()
    await isStopped(bed)
  })

  it('stops it at once after another boot', async () => {
    await using bed = await makeBed()
    const forLong = instanceOf(1, { stopAfterSeconds: 900 })
    const first = await bed.startAgent()
    await want(bed, desiredOf(1, [forLong]))
    await reaches(bed, forLong, 'running')
    await first.stop()
    await bed.startAgent({ bootClock: bootClockOf(hurriedClock(10), 'boot-2') })
    await isStopped(bed, forLong)
  })

  // The writes to the disk of a launch and of its end.
  it.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'finishes what it had begun: killed at write %i',
    async (at) => {
      await using bed = await makeBed()
      const { storage, driver, isDead } = mortal(bed, at)
      const first = await bed.startAgent({ storage, driver })
      await want(bed, desiredOf(1, [limited]))
      await eventually(() => expect(isDead()).toBe(true))
      await first.stop()
      const { session } = await lastReport(bed)
      await bed.startAgent()
      await eventually(() => expect(bed.reports.at(-1)!.session).not.toBe(session))
      await want(bed, desiredOf(1, [limited]))
      await isStopped(bed)
    },
  )
})

it('passes the crash points of a stop', async () => {
  await using bed = await makeBed()
  const log = join(bed.stateDir, 'crash-points')
  logCrashPoints(log)
  await bed.startAgent()
  await want(bed, desiredOf(1, [limited]))
  await isStopped(bed)
  const passed = new Set(readFileSync(log, 'utf8').trim().split('\n'))
  const declared = crashPoint.names.filter((name) => name.startsWith('agent.stop.'))
  await eventually(() => expect(declared.filter((name) => !passed.has(name))).toEqual([]))
})
