// The main job on real QEMU and libvirt: a disk becomes a base, a changed VM becomes an overlay, and the overlay becomes
// VMs that remember everything. What tells them from a VM that merely booted is in the guest's memory alone: the boot id
// of its kernel and a token made at boot. Two nodes share one hypervisor.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@bramble/contracts'
import type { DesiredInstance, DesiredSource, Digest, Probe } from '@bramble/contracts'
import { connectLibvirt, destinationCookie } from '@bramble/libvirt'
import { captureMemory } from '@bramble/synthesis'
import type { Artifact, Driver, Slot } from '../../services/node-agent/src/drivers/driver.ts'
import { domainRef } from '../../services/node-agent/src/drivers/libvirt/domain-ref.ts'
import {
  newSlot,
  pushTinyGuest,
  startLibvirtBench,
} from '../../services/node-agent/src/drivers/libvirt/libvirt.fixture.ts'
import type { LibvirtBench } from '../../services/node-agent/src/drivers/libvirt/libvirt.fixture.ts'
import type { ImageCache } from '../../services/node-agent/src/images/image-cache.ts'

interface Status {
  bootId: string
  token: string
  count: number
  time: number
  remembered: string
}

const memoryBytes = 128 * 1024 ** 2
const limitMs = 120_000
const probe: Probe = {
  ...{ kind: 'http', port: 80, path: '/cgi-bin/status', expectStatus: 200 },
  ...{ timeoutSeconds: 60, intervalMs: 50 },
}

let bench: LibvirtBench
let node: { driver: Driver; images: ImageCache; stateDir: string }
let disk: Digest
let base: Digest
let overlay: Digest
let saved: Status
let savedAtMs: number

beforeAll(async () => {
  bench = await startLibvirtBench()
  disk = await pushTinyGuest(bench)
  node = await bench.openNode('n1')
}, limitMs)

afterAll(async () => {
  await bench.dispose()
}, limitMs)

const instanceOf = (source: DesiredSource): DesiredInstance => ({
  ...{ id: newId('instance'), name: 'lab', source, memoryBytes, cpus: 1 },
  ...{ publish: [], probe },
})

async function launch(source: DesiredSource, { driver } = node) {
  const instance = instanceOf(source)
  const slot = await newSlot([
    { guestPort: 80, protocol: 'tcp' },
    { guestPort: 7, protocol: 'udp' },
  ])
  const { timings } = await driver.start({ instance, slot }, () => {})
  const clock = await driver.setClock(slot)
  await driver.waitReady(slot, probe, AbortSignal.timeout(limitMs))
  return { instance, slot, timings, clock }
}

async function ask(slot: Slot, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${slot.forwards[0]!.hostPort}/cgi-bin/${path}`)
  expect(response.status).toBe(200)
  return (await response.text()).trim()
}

const status = async (slot: Slot): Promise<Status> => JSON.parse(await ask(slot, 'status')) as Status

async function capture(kind: 'base' | 'overlay', vm: { instance: DesiredInstance; slot: Slot }): Promise<Artifact> {
  const workDir = join(node.stateDir, `capture-${vm.slot.id}`)
  await mkdir(workDir)
  const { source, id } = vm.instance
  const from = source.kind === 'synthesis' ? { base: source.base } : {}
  const artifact = await node.driver.capture({ kind, instance: id, slot: vm.slot, workDir, ...from }, () => {})
  await node.images.pushArtifact(artifact, `${kind}s`)
  return artifact
}

it(
  'takes a base of a VM that booted from a disk, which runs on and whose disk stays as it was',
  async () => {
    const vm = await launch({ kind: 'disk', disk, machine: { memoryBytes, cpus: 1 } })
    const before = await status(vm.slot)
    const { captured } = await capture('base', vm)
    const after = await status(vm.slot)
    expect(after).toMatchObject({ bootId: before.bootId, token: before.token })
    expect(captured).toMatchObject({ hasAgent: true, machine: { memoryBytes, cpuModel: 'qemu64' } })
    expect(captured.pauseMs).toBeGreaterThan(0)
    expect(captured.pauseMs).toBeLessThan(3000)
    base = captured.digest
    await node.driver.destroy(vm.slot)
  },
  limitMs,
)

it(
  'resumes the base, and saves as overlay what changed in memory and on disk',
  async () => {
    const vm = await launch({ kind: 'synthesis', base })
    await ask(vm.slot, 'remember?v=heather')
    await ask(vm.slot, 'put?flower=bramble')
    saved = await status(vm.slot)
    const { captured, blobs } = await capture('overlay', vm)
    savedAtMs = Date.now()
    expect(captured.baseDigest).toBe(base)
    expect(blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThan(memoryBytes / 8)
    expect((await status(vm.slot)).token).toBe(saved.token)
    overlay = captured.digest
    await node.driver.destroy(vm.slot)
  },
  limitMs,
)

it(
  'makes two VMs of one overlay, side by side, that remember what the saved one knew',
  async () => {
    // Longer than the tolerated error of the clock, so that a clock that was not set is seen.
    await sleep(Math.max(0, savedAtMs + 5000 - Date.now()))
    const clones = await Promise.all([1, 2].map(() => launch({ kind: 'synthesis', base, overlay })))
    for (const { slot, clock } of clones) {
      const now = await status(slot)
      const { bootId, token } = saved
      expect(now).toMatchObject({ bootId, token, remembered: 'heather' })
      expect(now.count).toBeGreaterThan(saved.count)
      expect(await ask(slot, 'get?flower')).toBe('bramble')
      expect(clock).toBe('set')
      expect(Math.abs(now.time * 1000 - Date.now())).toBeLessThan(3000)
    }
    await ask(clones[0]!.slot, 'remember?v=gorse')
    expect((await status(clones[1]!.slot)).remembered).toBe('heather')
    await node.driver.waitReady(
      clones[0]!.slot,
      { kind: 'banner', port: 7, protocol: 'udp', send: 'hey', expect: 'hey', timeoutSeconds: 10, intervalMs: 50 },
      AbortSignal.timeout(limitMs),
    )
    for (const { slot } of clones) await node.driver.destroy(slot)
  },
  limitMs,
)

it(
  'does not find a guest ready that stands still',
  async () => {
    const { slot } = await launch({ kind: 'synthesis', base, overlay })
    await bench.virsh.domains.suspend(domainRef(slot))
    const hasty = { ...probe, timeoutSeconds: 2 }
    const waiting = node.driver.waitReady(slot, hasty, AbortSignal.timeout(limitMs))
    await expect(waiting).rejects.toMatchObject({ code: 'guest_not_ready' })
    await bench.virsh.domains.resume(domainRef(slot))
    await node.driver.waitReady(slot, probe, AbortSignal.timeout(limitMs))
    await node.driver.destroy(slot)
  },
  limitMs,
)

it(
  'lets the guest run on when its capture fails',
  async () => {
    const { instance, slot } = await launch({ kind: 'synthesis', base, overlay })
    const spec = { kind: 'overlay', instance: instance.id, slot, base } as const
    const workDir = join(node.stateDir, 'never-made')
    await expect(node.driver.capture({ ...spec, workDir }, () => {})).rejects.toThrow()
    expect((await bench.virsh.domains.state(domainRef(slot))).state).toBe('running')
    expect((await status(slot)).token).toBe(saved.token)
    expect((await readdir(join(node.stateDir, 'slots', slot.id))).sort()).toEqual(['console.log', 'disk.qcow2'])
    await node.driver.destroy(slot)
  },
  limitMs,
)

it(
  'lets a guest run on that a lost agent left standing still in a capture',
  async () => {
    const { slot } = await launch({ kind: 'synthesis', base, overlay })
    await strandCapture(slot)
    expect((await bench.virsh.domains.state(domainRef(slot))).state).toBe('paused')
    const again = await bench.openNode('n1')
    expect(await again.driver.listDomains()).toMatchObject([{ slotId: slot.id, state: 'running' }])
    expect((await status(slot)).token).toBe(saved.token)
    await node.driver.destroy(slot)
  },
  limitMs,
)

it(
  'runs a command in the guest',
  async () => {
    const { slot } = await launch({ kind: 'synthesis', base, overlay })
    const command = ['/bin/sh', '-c', 'cat; echo no >&2; exit 3']
    const stdinBase64 = Buffer.from('in and out').toString('base64')
    const result = await node.driver.exec(slot, { command, stdinBase64, timeoutSeconds: 10 })
    expect(result).toMatchObject({ exitCode: 3, stdoutBase64: stdinBase64, truncated: false })
    const late = node.driver.exec(slot, { command: ['/bin/sleep', '100'], timeoutSeconds: 1 })
    await expect(late).rejects.toMatchObject({ code: 'guest_agent_failed' })
    await node.driver.destroy(slot)
  },
  limitMs,
)

it(
  'takes an overlay from the master while it arrives, on a node that never saw it',
  async () => {
    const other = await bench.openNode('n2')
    const { slot } = await launch({ kind: 'synthesis', base, overlay }, other)
    expect((await status(slot)).token).toBe(saved.token)
    expect(await node.driver.listDomains()).toEqual([])
    expect(await other.driver.listDomains()).toMatchObject([{ slotId: slot.id, state: 'running' }])
    await other.driver.destroy(slot)
    await other.images.close()
    expect(await other.images.list()).toEqual({ bases: [base], overlays: [overlay] })
  },
  limitMs,
)

it(
  'refuses an overlay with a flipped byte, and leaves nothing of it',
  async () => {
    const other = await bench.openNode('n3')
    await other.images.base(base)
    const shared = layersOf(base)
    for (const layer of layersOf(overlay).filter((digest) => !shared.includes(digest))) {
      const undo = flipByte(layer)
      const source: DesiredSource = { kind: 'synthesis', base, overlay }
      await expect(launch(source, other)).rejects.toMatchObject({ code: 'overlay_corrupt' })
      undo()
    }
    expect(await other.driver.listDomains()).toEqual([])
    expect(await readdir(join(other.stateDir, 'slots'))).toEqual([])
    await other.images.close()
    expect(await readdir(join(other.stateDir, 'overlays'))).toEqual([])
  },
  limitMs,
)

it('refuses images that are not what they should be, before anything opens them', async () => {
  const garbage = Buffer.from('not an image at all'.repeat(100))
  const { digestOf } = await import('../../services/node-agent/src/images/registry.fixture.ts')
  const digest = digestOf(garbage) as Digest
  bench.registry.blobs.set(digest, garbage)
  const source: DesiredSource = { kind: 'disk', disk: digest, machine: { memoryBytes, cpus: 1 } }
  await expect(launch(source)).rejects.toMatchObject({ code: 'disk_not_an_image' })
  expect(await readdir(join(node.stateDir, 'disks'))).toEqual([disk.slice('sha256:'.length)])
})

it('leaves nothing of what was destroyed', async () => {
  const { hypervisor, qemuLogDir } = bench
  expect(await bench.virsh.domains.list()).toEqual([])
  expect(await readdir(join(node.stateDir, 'slots'))).toEqual([])
  expect(await readdir(qemuLogDir)).toEqual([])
  expect(await readdir(join(hypervisor.stateDir, 'run/qemu/passt'))).toEqual([])
})

/** What an agent does that is killed between the end of the stream and the confirmation. */
async function strandCapture(slot: Slot): Promise<void> {
  const agent = await connectLibvirt({ socketPath: bench.hypervisor.socketPath, reconnect: false })
  const path = join(node.stateDir, 'slots', slot.id, 'out.sock')
  const server = createServer(
    (socket) => void captureMemory({ socket, dir: bench.dir }).then(({ discard }) => discard()),
  )
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o777)
  const domain = domainRef(slot)
  const cookie = destinationCookie({ ...domain, hostname: 'lab', hostUuid: randomUUID() })
  const flags = ['live', 'unsafe'] as const
  await agent.migration.begin({ domain, flags })
  await agent.migration.perform({ domain, uri: `unix://${path}`, cookie, flags })
  await agent.close()
  server.close()
}

function layersOf(manifest: Digest): string[] {
  const { layers } = JSON.parse(bench.registry.manifests.get(manifest)!.toString()) as { layers: { digest: string }[] }
  return layers.map(({ digest }) => digest)
}

function flipByte(digest: string): () => void {
  const { blobs } = bench.registry
  const intact = blobs.get(digest)!
  const flipped = Buffer.from(intact)
  const middle = flipped.length >> 1
  flipped[middle] = flipped[middle]! ^ 1
  blobs.set(digest, flipped)
  return () => void blobs.set(digest, intact)
}
