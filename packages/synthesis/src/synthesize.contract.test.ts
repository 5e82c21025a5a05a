import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileLayerSource } from './artifact/layer-source.ts'
import type { BaseManifest, OverlayManifest } from './artifact/manifest.ts'
import { readManifest } from './artifact/manifest.ts'
import { readMachine } from './artifact/open-artifact.ts'
import type { BaseFiles } from './base/base-files.ts'
import { materializeBase } from './base/materialize-base.ts'
import type { Capture } from './capture-memory.ts'
import { encodeBase } from './encode/encode-base.ts'
import { encodeOverlay } from './encode/encode-overlay.ts'
import { bootDisk, COUNTER } from './fixtures/boot-sector.ts'
import { connect, eventually, MEMORY_BYTES, Qemu } from './fixtures/qemu.ts'
import { IDENTITY } from './fixtures/sample-vm.ts'
import { tempFolder } from './fixtures/temp-folder.ts'
import type { Synthesis } from './synthesize.ts'
import { prepareDisk, synthesize } from './synthesize.ts'

const DISK_BYTES = 8 << 20
/** All RAM but the BIOS's window below 1 MiB, which QEMU shows as it is mapped and not as it is stored. */
const RANGES = [
  { address: 0, lengthBytes: 0xa0000 },
  { address: 1 << 20, lengthBytes: MEMORY_BYTES - (1 << 20) },
]

const folder = tempFolder()
const dir = folder.path
const blobs = join(dir, 'blobs')
const source = fileLayerSource(blobs)
afterAll(() => folder[Symbol.dispose]())

const readCounter = async (qemu: Qemu): Promise<number> => (await qemu.readMemory(COUNTER, 4)).readUInt32LE(0)
const readRam = async (qemu: Qemu): Promise<Buffer> => {
  const parts: Buffer[] = []
  for (const { address, lengthBytes } of RANGES) parts.push(await qemu.readMemory(address, lengthBytes))
  return Buffer.concat(parts)
}

/** A QEMU that waits for its memory, started before the overlay is there, as an agent does it. */
async function resume(
  name: string,
  base: BaseFiles,
  overlay: Synthesis['overlay'],
  extra: string[] = [],
): Promise<Qemu> {
  const diskPath = join(dir, `${name}.qcow2`)
  await prepareDisk({ base, diskPath })
  const incoming = join(dir, `${name}.incoming`)
  const options = {
    dir,
    name,
    memoryPath: base.memoryPath,
    isMakingBase: false,
    extra: ['-incoming', `unix:${incoming}`, ...extra],
  }
  const qemu = await Qemu.start({ ...options, disk: { path: diskPath, format: 'qcow2' } })
  await synthesize({ base, overlay, diskPath, emitTo: await connect(incoming) })
  await eventually(async () => ((await qemu.status()) === 'inmigrate' ? undefined : true))
  return qemu
}

const isRunning = (qemu: Qemu) => eventually(async () => ((await qemu.status()) === 'running' ? true : undefined))

async function makeBase(): Promise<BaseFiles> {
  const diskPath = join(dir, 'guest.raw')
  const memoryPath = join(dir, 'guest.ram')
  writeFileSync(diskPath, bootDisk(DISK_BYTES))
  const options = { dir, name: 'guest', memoryPath, isMakingBase: true }
  await using qemu = await Qemu.start({ ...options, disk: { path: diskPath, format: 'raw' } })
  await eventually(async () => ((await readCounter(qemu)) > 0 ? true : undefined))
  const capture = await qemu.capture(dir)
  const { manifest } = await encodeBase({ capture, diskPath, machine: IDENTITY, outDir: blobs })
  await capture.discard()
  return materializeBase({ manifest: readManifest(manifest) as BaseManifest, source, dir: join(dir, 'base') })
}

async function encode(
  capture: Capture,
  base: BaseFiles,
  diskDeltaPath: string,
): Promise<NonNullable<Synthesis['overlay']>> {
  const { manifest } = await encodeOverlay({ capture, base, diskDeltaPath, outDir: blobs })
  await capture.discard()
  return { manifest: readManifest(manifest) as OverlayManifest, source }
}

const checkImage = (path: string): string =>
  execFileSync('qemu-img', ['check', '-f', 'qcow2', path], { encoding: 'utf8' })

describe('a guest on a real QEMU', () => {
  let base: BaseFiles
  let overlay: NonNullable<Synthesis['overlay']>
  let captured: { counter: number; ram: Buffer }

  beforeAll(async () => {
    base = await makeBase()
  }, 60_000)

  it('runs on from its base, and is captured as an overlay', async () => {
    await using qemu = await resume('edit', base, undefined)
    await isRunning(qemu)
    const before = await readCounter(qemu)
    await eventually(async () => ((await readCounter(qemu)) > before ? true : undefined))
    expect(await qemu.diskIo('write -P 7 1M 20k')).toContain('wrote')
    const capture = await qemu.capture(dir)
    captured = { counter: await readCounter(qemu), ram: await readRam(qemu) }
    overlay = await encode(capture, base, join(dir, 'edit.qcow2'))
    expect(captured.counter).toBeGreaterThan(before)
  }, 60_000)

  it('records the machine it was on', async () => {
    const machine = await readMachine(overlay.manifest, source)
    expect(machine).toMatchObject({ ...IDENTITY, machineType: expect.stringMatching(/^pc-q35-/) })
    expect(machine.blocks).toContainEqual({ name: 'base', sizeBytes: MEMORY_BYTES })
    expect(machine.blocks.map(({ name }) => name)).toContain('pc.bios')
  })

  it('has the same RAM and disk after synthesis, and runs on', async () => {
    await using qemu = await resume('clone', base, overlay, ['-S'])
    expect((await readRam(qemu)).equals(captured.ram)).toBe(true)
    await qemu.execute('cont')
    await isRunning(qemu)
    expect(await qemu.diskIo('read -P 7 1M 20k')).not.toContain('failed')
    expect(await qemu.diskIo('read -P 8 1M 20k')).toContain('verification failed')
    await eventually(async () => ((await readCounter(qemu)) > captured.counter ? true : undefined))
    expect(await qemu.diskIo('write -P 9 3M 256k')).toContain('wrote')
  }, 60_000)

  it('leaves an image that is still sound after the guest has written to it', () => {
    expect(checkImage(join(dir, 'clone.qcow2'))).toContain('No errors')
  })

  it('runs as clones side by side that do not see each other', async () => {
    await using one = await resume('one', base, overlay)
    await using other = await resume('other', base, overlay, ['-S'])
    await isRunning(one)
    await eventually(async () => ((await readCounter(one)) > captured.counter ? true : undefined))
    expect(await readCounter(other)).toBe(captured.counter)
  }, 60_000)
})
