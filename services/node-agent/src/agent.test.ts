import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, eventually, logCrashPoints } from '@bramble/kit'
import { agentAnnotation } from '@bramble/contracts'
import type { DesiredInstance } from '@bramble/contracts'
import { readManifest } from '@bramble/synthesis'
import { makeBed } from './agent.fixture.ts'
import type { Bed } from './agent.fixture.ts'
import { crashPoint } from './crash-points.ts'
import type { Slot } from './drivers/driver.ts'
import { createSimulatedDriver } from './drivers/simulated/simulated-driver.ts'
import { captureOf, desiredOf, instanceOf } from './world.fixture.ts'

const a = instanceOf(1)
const b = instanceOf(2)
const phaseOf = (bed: Bed, id: string) => bed.seen(id)?.phase
const reaches = (bed: Bed, id: string, phase: string | undefined) =>
  eventually(() => expect(phaseOf(bed, id)).toBe(phase))
const toldOf = (bed: Bed) => bed.facts.map(({ verb }) => verb)

describe('an agent that is told to launch', () => {
  it('reports the instance running, with its ports and where the time went', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await reaches(bed, a.id, 'running')
    const [vm] = [...bed.host.vms.values()]
    expect(bed.seen(a.id)).toMatchObject({
      domainUuid: vm!.slot.domainUuid,
      clock: 'set',
      forwards: [{ guestPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 20_000 }],
      timings: { fetchMs: 0, readyMs: expect.any(Number), totalMs: expect.any(Number) },
    })
    const report = bed.reports.at(-1)!
    expect(report).toMatchObject({ obeys: { epoch: 1, n: 1 }, host: { agentVersion: '1.2.3', driver: 'simulated' } })
    expect(report.cachedBases).toHaveLength(1)
    await eventually(() => expect(toldOf(bed)).toEqual(['started', 'ready']))
  })

  it.each([
    [false, 'noAgent', 0],
    [true, 'set', 1],
  ])('sets no clock where it knows that no agent is there: hasAgent %s', async (hasAgent, clock, times) => {
    await using bed = await makeBed()
    const driver = createSimulatedDriver(bed.host)
    let asked = 0
    const setClock = (slot: Slot) => {
      asked += 1
      return driver.setClock(slot)
    }
    await bed.startAgent({ driver: { ...driver, setClock } })
    const source = { ...a.source, hasAgent } as DesiredInstance['source']
    await bed.want(desiredOf(1, [{ ...a, source }]))
    await reaches(bed, a.id, 'running')
    expect([bed.seen(a.id)!.clock, asked]).toEqual([clock, times])
  })

  it('runs many side by side, no two on one port', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    const many = Array.from({ length: 50 }, (_, index) => instanceOf(index))
    await bed.want(desiredOf(1, many))
    await eventually(() =>
      expect(bed.reports.at(-1)?.instances.filter(({ phase }) => phase === 'running')).toHaveLength(50),
    )
    const ports = bed.reports.at(-1)!.instances.flatMap(({ forwards }) => forwards.map(({ hostPort }) => hostPort))
    expect(new Set(ports).size).toBe(50)
    expect(bed.host.acts.start).toBe(50)
  })

  it.each(['check', 'start', 'ready'] as const)('reports a failed %s once, and leaves nothing behind', async (at) => {
    await using bed = await makeBed({ failures: [{ at, every: 1, code: 'hypervisor_failed' }] })
    await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await reaches(bed, a.id, 'failed')
    expect(bed.seen(a.id)!.problem).toMatchObject({ code: 'hypervisor_failed' })
    await eventually(async () => {
      expect(bed.host.vms.size).toBe(0)
      expect((await bed.readLedger()).instances().get(a.id)!.state).not.toHaveProperty('slot')
    })
    expect(bed.host.acts[at]).toBe(1)
    await bed.want(desiredOf(2, []))
    await reaches(bed, a.id, undefined)
    expect((await bed.readLedger()).instances().size).toBe(0)
  })

  it('refuses a host port that is taken, naming its holder', async () => {
    await using bed = await makeBed()
    bed.host.foreignPorts.set('tcp/8080', 'nginx')
    await bed.startAgent()
    await bed.want(desiredOf(1, [instanceOf(1, { publish: [{ guestPort: 80, protocol: 'tcp', hostPort: 8080 }] })]))
    await reaches(bed, a.id, 'failed')
    expect(bed.seen(a.id)!.problem).toMatchObject({ code: 'port_taken', detail: expect.stringContaining('nginx') })
  })
})

describe('an agent that is told to delete', () => {
  it('removes all of the instance and forgets it', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await bed.want(desiredOf(1, [a, b]))
    await reaches(bed, a.id, 'running')
    await bed.want(desiredOf(2, [b]))
    await reaches(bed, a.id, undefined)
    await eventually(() => expect(phaseOf(bed, b.id)).toBe('running'))
    expect(bed.host.vms.size).toBe(1)
    await eventually(async () => expect([...(await bed.readLedger()).instances().keys()]).toEqual([b.id]))
    expect(toldOf(bed)).toContain('deleted')
  })

  it('ends a launch that is under way', async () => {
    await using bed = await makeBed({ readyMs: 60_000 })
    await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await reaches(bed, a.id, 'starting')
    await bed.want(desiredOf(2, []))
    await reaches(bed, a.id, undefined)
    expect(bed.host.vms.size).toBe(0)
    expect(toldOf(bed)).not.toContain('failed')
  })

  it('reports it as deleting while it cannot be removed, and tries again', async () => {
    await using bed = await makeBed()
    const driver = createSimulatedDriver(bed.host)
    let refusals = 1
    const destroy: typeof driver.destroy = async (slot) => {
      if (refusals-- > 0) throw new Error('device or resource busy')
      return driver.destroy(slot)
    }
    await bed.startAgent({ driver: { ...driver, destroy } })
    await bed.want(desiredOf(1, [a]))
    await reaches(bed, a.id, 'running')
    await bed.want(desiredOf(2, []))
    await eventually(() =>
      expect(bed.seen(a.id)).toMatchObject({ phase: 'deleting', detail: expect.stringContaining('busy') }),
    )
    await reaches(bed, a.id, undefined)
    expect(bed.host.vms.size).toBe(0)
  })
})

describe('an agent whose guest stops by itself', () => {
  it('reports it failed, and keeps the end of its console', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await bed.want(desiredOf(1, [a]))
    await reaches(bed, a.id, 'running')
    bed.host.stopVm([...bed.host.vms.keys()][0]!)
    await reaches(bed, a.id, 'failed')
    expect(bed.seen(a.id)!.problem!.code).toBe('guest_stopped')
    await eventually(() => expect(bed.host.vms.size).toBe(0))
    expect(bed.host.acts.start).toBe(1)
    const state = (await bed.readLedger()).instances().get(a.id)!.state
    expect(Buffer.from((state as { consoleBase64: string }).consoleBase64, 'base64').toString()).toContain('simulated')
  })

  const gone = (bed: Bed) => {
    bed.host.vms.clear()
    bed.host.noteChange()
  }
  const stopped = (bed: Bed) => bed.host.stopVm([...bed.host.vms.keys()][0]!)
  it.each([
    ['is gone', 'running', gone],
    ['is gone', 'starting', gone],
    ['stopped', 'running', stopped],
    ['stopped', 'starting', stopped],
  ] as const)('says once that its VM %s while it was %s, however often it looks', async (_what, phase, end) => {
    await using bed = await makeBed()
    const log: { msg: string }[] = []
    const logger = createLogger({ component: 't', to: { write: (line) => void log.push(JSON.parse(line)) } })
    const failures = () => log.filter(({ msg }) => msg.includes('failed'))
    const driver = createSimulatedDriver(bed.host)
    const ended = Promise.withResolvers<void>()
    let waits = 0
    const waitReady: typeof driver.waitReady = async (slot, probe, signal) => {
      waits += 1
      if (phase === 'starting') await ended.promise
      return driver.waitReady(slot, probe, signal)
    }
    await bed.startAgent({ logger, driver: { ...driver, waitReady } })
    await bed.want(desiredOf(1, [a]))
    await reaches(bed, a.id, phase)
    end(bed)
    ended.resolve()
    await reaches(bed, a.id, 'failed')
    for (let look = 0; look < 50; look++) {
      bed.host.noteChange()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await eventually(() => expect(toldOf(bed)).toContain('failed'))
    expect([failures().length, toldOf(bed).filter((verb) => verb === 'failed').length, waits]).toEqual([1, 1, 1])
    expect(bed.seen(a.id)!.problem!.code).toBe('guest_stopped')
  })
})

describe('an agent that is told to capture', () => {
  const capture = captureOf(1, a)
  const outcome = (bed: Bed) => bed.reports.at(-1)?.captures.find(({ id }) => id === capture.id)

  it('takes it once, pushes it, repeats the outcome and forgets it when it is no longer named', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await bed.want(desiredOf(1, [a], [capture]))
    const done = await eventually(() => {
      const found = outcome(bed)
      if (found?.status !== 'done') throw new Error('not done')
      return found
    })
    const [artifact, repository] = bed.pushed[0]!
    expect(repository).toBe('overlays')
    expect(artifact.captured).toEqual(done.captured)
    expect(readManifest(artifact.manifest)).toMatchObject({
      kind: 'overlay',
      base: { digest: (a.source as { base: string }).base },
    })
    expect(JSON.parse(artifact.manifest.toString())).toMatchObject({ annotations: { [agentAnnotation]: 'true' } })
    await bed.want(desiredOf(2, [a], [capture]))
    await eventually(() => expect(bed.reports.at(-1)!.obeys!.n).toBe(2))
    expect(outcome(bed)).toEqual(done)
    expect(bed.pushed).toHaveLength(1)
    await eventually(() => expect(existsSync(join(bed.stateDir, 'captures', capture.id))).toBe(false))
    await bed.want(desiredOf(3, [a]))
    await eventually(() => expect(outcome(bed)).toBeUndefined())
    expect(phaseOf(bed, a.id)).toBe('running')
  })

  it('reports a push that failed, and removes its folder', async () => {
    await using bed = await makeBed()
    await bed.startAgent({
      pushArtifact: async () => {
        throw new Error('connection reset')
      },
    })
    await bed.want(desiredOf(1, [a], [capture]))
    await eventually(() => expect(outcome(bed)).toMatchObject({ status: 'failed', problem: { code: 'internal' } }))
    await eventually(() => expect(existsSync(join(bed.stateDir, 'captures', capture.id))).toBe(false))
  })
})

describe('desired documents', () => {
  it('count once, and only when they are newer', async () => {
    await using bed = await makeBed()
    const agent = await bed.startAgent()
    await bed.want(desiredOf(5, [a]))
    await reaches(bed, a.id, 'running')
    const health = async () => (await agent.health.check()).checks['desired']!.ok
    for (const late of [desiredOf(4, []), desiredOf(5, [a])]) {
      await bed.want(late)
      // The queue keeps only the newest: each is taken before the next is sent.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    }
    expect(await health()).toBe(true)
    await bed.want(desiredOf(5, [a, b]))
    await eventually(async () => expect(await health()).toBe(false))
    await eventually(() => expect(bed.reports.at(-1)).toMatchObject({ conflict: { revision: { epoch: 1, n: 5 } } }))
    expect(bed.host.vms.size).toBe(1)
    await bed.want(desiredOf(6, [a, b]))
    await reaches(bed, b.id, 'running')
    expect(await health()).toBe(true)
    expect(bed.reports.at(-1)).not.toHaveProperty('conflict')
    expect(bed.host.acts).toMatchObject({ start: 2, destroy: 0 })
  })

  it('for another node are refused', async () => {
    await using bed = await makeBed()
    await bed.startAgent()
    await bed.want({ ...desiredOf(1, [a]), node: 'pi-08' as never })
    await bed.want(desiredOf(1, [b]))
    await reaches(bed, b.id, 'running')
    expect(bed.seen(a.id)).toBeUndefined()
  })
})

describe('the crash points', () => {
  it('are all passed by a launch, a capture and a deletion', async () => {
    await using bed = await makeBed()
    const log = join(bed.stateDir, 'crash-points')
    logCrashPoints(log)
    await bed.startAgent()
    const capture = captureOf(1, a)
    await bed.want(desiredOf(1, [a], [capture]))
    await eventually(() => expect(bed.reports.at(-1)?.captures).toMatchObject([{ status: 'done' }]))
    await bed.want(desiredOf(2, []))
    await eventually(async () => expect((await bed.readLedger()).instances().size).toBe(0))
    const passed = new Set(readFileSync(log, 'utf8').trim().split('\n'))
    expect(passed).toEqual(new Set(crashPoint.names.filter((name) => !name.startsWith('agent.stop.'))))
  })
})
