// What the agent relies on in every driver. Run by each adapter's own `*.contract.test.ts` with an environment that
// says how to get at a host of its kind.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { hash, randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@bramble/contracts'
import type { DesiredInstance, Forward, ProblemCode } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import type { Artifact, CaptureSpec, Domain, Driver, Slot } from './driver.ts'

export interface DriverEnv {
  /** A driver of this host; asked for again after close(), to see what outlives a driver. */
  openDriver(): Promise<Driver>
  /** What instances run from, with memory, ports and a probe that fit: all but id and name. */
  template: Omit<DesiredInstance, 'id' | 'name'>
  /** More than the host can give. */
  tooMuchMemoryBytes: number
  /** Makes a guest stand still, as a person at the host would, so that nothing it would say comes out. */
  pause(slot: Slot): Promise<void>
  stop(slot: Slot): Promise<void>
  /** Asks the guest through a forward, as a client would; left out where nothing can answer. */
  ask?(slot: Slot): Promise<string>
  /** A host port that nobody holds now. */
  freePort(): Promise<number>
  dispose(): Promise<void>
}

const limitMs = 120_000

export function driverContract(name: string, makeEnv: () => Promise<DriverEnv>): void {
  describe(`the ${name} driver`, () => {
    let env: DriverEnv
    let driver: Driver
    let started: Slot[] = []

    beforeAll(async () => {
      env = await makeEnv()
    }, limitMs)
    beforeEach(async () => {
      driver = await env.openDriver()
    }, limitMs)
    afterEach(async () => {
      for (const slot of started) await driver.destroy(slot)
      started = []
      await driver.close()
    }, limitMs)
    afterAll(async () => env.dispose(), limitMs)

    const test = (text: string, act: () => Promise<void>) => it(text, act, limitMs)

    const newInstance = (more: Partial<DesiredInstance> = {}): DesiredInstance => {
      const id = newId('instance')
      return { ...env.template, id, name: `contract-${id.slice(-6)}`, ...more }
    }
    const newSlot = async (instance: DesiredInstance): Promise<Slot> => {
      const forwards = await Promise.all(instance.publish.map(async (publish) => forwardOf(publish, env)))
      const slot = { id: randomBytes(8).toString('hex'), domainUuid: randomUUID(), forwards }
      started.push(slot)
      return slot
    }
    const launch = async () => {
      const instance = newInstance()
      const slot = await newSlot(instance)
      const { timings } = await driver.start({ instance, slot }, () => {})
      return { instance, slot, timings }
    }
    const findDomain = async (slot: Slot): Promise<Domain | undefined> =>
      (await driver.listDomains()).find(({ slotId }) => slotId === slot.id)
    const waitReady = ({ instance, slot }: { instance: DesiredInstance; slot: Slot }, signal = never()) =>
      driver.waitReady(slot, instance.probe, signal)

    test('describes the host and what is free', async () => {
      const host = await driver.describeHost()
      const free = await driver.measureFree()
      expect(host.driver).toBe(driver.kind)
      expect(host.cpuModels.length).toBeGreaterThan(0)
      expect(free.memoryBytes).toBeGreaterThan(0)
      expect(free.memoryBytes).toBeLessThanOrEqual(host.memoryBytes)
    })

    test('starts an instance, lists it as running and finds it ready', async () => {
      const vm = await launch()
      expect(await findDomain(vm.slot)).toEqual({
        slotId: vm.slot.id,
        domainUuid: vm.slot.domainUuid,
        state: 'running',
      })
      await waitReady(vm)
      expect(['set', 'noAgent']).toContain(await driver.setClock(vm.slot))
    })

    test('starts a slot that runs already by leaving it as it is', async () => {
      const vm = await launch()
      await driver.start(vm, () => {})
      expect((await driver.listDomains()).filter(({ slotId }) => slotId === vm.slot.id)).toHaveLength(1)
    })

    test('destroys a slot, also twice and one that never was', async () => {
      const { slot } = await launch()
      await driver.destroy(slot)
      await driver.destroy(slot)
      await driver.destroy({ id: 'never-was', domainUuid: randomUUID() })
      expect(await findDomain(slot)).toBeUndefined()
      for (const { hostAddress: address, hostPort: port, protocol } of slot.forwards) {
        expect(await driver.checkPort({ address, port, protocol })).toMatchObject({ free: true })
      }
    })

    test('keeps a VM over the end of a driver', async () => {
      const vm = await launch()
      await driver.close()
      driver = await env.openDriver()
      expect(await findDomain(vm.slot)).toMatchObject({ state: 'running' })
      await waitReady(vm)
    })

    test('runs two side by side, each with its own ports', async () => {
      const [one, two] = [await launch(), await launch()]
      await Promise.all([waitReady(one), waitReady(two)])
      if (env.ask) expect(await Promise.all([env.ask(one.slot), env.ask(two.slot)])).not.toContain('')
      expect(one.slot.forwards[0]!.hostPort).not.toBe(two.slot.forwards[0]!.hostPort)
      await driver.destroy(one.slot)
      expect(await findDomain(two.slot)).toMatchObject({ state: 'running' })
    })

    test('refuses more memory than there is, before any work', async () => {
      const check = driver.check(newInstance({ memoryBytes: env.tooMuchMemoryBytes, ...bootsWith({}, env) }))
      await expect(check).rejects.toMatchObject(problem('insufficient_memory'))
    })

    test('refuses a CPU model that the host lacks', async () => {
      const check = driver.check(newInstance(bootsWith({ cpuModel: 'no-such-model' }, undefined)))
      await expect(check).rejects.toMatchObject(problem('cpu_model_unavailable'))
    })

    test('does not find a guest ready that stands still, and stops waiting when told to', async () => {
      const vm = await launch()
      await env.pause(vm.slot)
      const patience = AbortSignal.timeout(300)
      await expect(waitReady(vm, patience)).rejects.toThrow()
      expect(patience.aborted).toBe(true)
    })

    test('says that a guest stopped by itself', async () => {
      const vm = await launch()
      let changes = 0
      const end = driver.onChange(() => (changes += 1))
      await env.stop(vm.slot)
      await eventually(async () => expect(changes).toBeGreaterThan(0), limitMs)
      end()
      expect((await findDomain(vm.slot))?.state ?? 'stopped').toBe('stopped')
      await expect(waitReady(vm)).rejects.toMatchObject(problem('guest_stopped'))
    })

    test('captures a running instance, which runs on', async () => {
      const vm = await launch()
      await waitReady(vm)
      const workDir = await mkdtemp(join(tmpdir(), 'bramble-capture-'))
      try {
        const artifact = await driver.capture({ ...captureOf(vm), workDir }, () => {})
        await checkArtifact(artifact)
      } finally {
        await rm(workDir, { recursive: true })
      }
      expect(await findDomain(vm.slot)).toMatchObject({ state: 'running' })
      await waitReady(vm)
    })

    test('keeps what the guest wrote to its console', async () => {
      const vm = await launch()
      await waitReady(vm)
      const text = await eventually(async () => {
        const read = await driver.readConsole(vm.slot, 65_536)
        expect(read.length).toBeGreaterThan(0)
        return read
      }, limitMs)
      expect((await driver.readConsole(vm.slot, 5)).length).toBe(5)
      expect(text.length).toBeGreaterThan(5)
    })

    test('keeps what the hypervisor wrote of the VM', async () => {
      const { slot } = await launch()
      expect((await driver.readLog(slot, 65_536)).length).toBeGreaterThan(5)
      expect((await driver.readLog(slot, 5)).length).toBe(5)
    })
  })
}

const never = () => new AbortController().signal
const problem = (code: ProblemCode) => ({ code })

const forwardOf = async (publish: DesiredInstance['publish'][number], env: DriverEnv): Promise<Forward> => ({
  guestPort: publish.guestPort,
  protocol: publish.protocol,
  hostAddress: '127.0.0.1',
  hostPort: publish.hostPort ?? (await env.freePort()),
})

/** A cold boot: only there the machine is a matter of choice. */
function bootsWith(machine: { cpuModel?: string }, env: DriverEnv | undefined): Pick<DesiredInstance, 'source'> {
  const disk = `sha256:${'0'.repeat(64)}` as never
  const memoryBytes = env?.tooMuchMemoryBytes ?? 64 * 1024 ** 2
  return { source: { kind: 'disk', disk, machine: { memoryBytes, cpus: 1, ...machine } } }
}

function captureOf({ instance, slot }: { instance: DesiredInstance; slot: Slot }): Omit<CaptureSpec, 'workDir'> {
  const { source, id } = instance
  if (source.kind === 'disk') return { kind: 'base', instance: id, slot }
  const overlay = source.overlay && { overlay: source.overlay }
  return { kind: 'overlay', instance: id, slot, base: source.base, ...overlay }
}

async function checkArtifact({ manifest, mediaType, blobs, captured }: Artifact): Promise<void> {
  const sha256 = (bytes: Buffer) => `sha256:${hash('sha256', bytes, 'hex')}`
  expect(captured.digest).toBe(sha256(manifest))
  const named = JSON.parse(manifest.toString()) as {
    mediaType: string
    config: { digest: string }
    layers: { digest: string; size: number }[]
  }
  expect(named.mediaType).toBe(mediaType)
  for (const { digest, sizeBytes, path } of blobs) {
    const bytes = await readFile(path)
    expect({ digest: sha256(bytes), sizeBytes: bytes.length }).toEqual({ digest, sizeBytes })
  }
  const there = new Set<string>(blobs.map(({ digest }) => digest))
  for (const { digest } of [named.config, ...named.layers]) expect(there.has(digest)).toBe(true)
}
