// Bad input on a real node: each kind is refused with its own problem and hint, as early as it can be known, and leaves
// nothing behind.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushDisk } from '@bramble/client'
import { problems } from '@bramble/contracts'
import type { Digest, Problem, ProblemCode } from '@bramble/contracts'
import { buildTinyGuest, makeTempFolder, pollUntil, runBramble, runProgram, startCloudlet } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'
import { launch, refusal, remove } from '../shared/operations.ts'
import { carryArtifact, pullBlob, pullManifest, pushBlob } from './support/carry-artifact.ts'
import { askStatus } from '../shared/guest.ts'
import type { HostSight } from './support/host-oracle.ts'
import { machine, probe } from '../shared/make-artifacts.ts'
import { openPreparedLab } from './support/prepared-lab.ts'
import type { PreparedLab } from './support/prepared-lab.ts'

let lab: PreparedLab
let folder: TempFolder
let before: HostSight
/** In a file of the host that images refer to: it must show up nowhere. */
const canary = `canary-${randomUUID()}`

beforeAll(async () => {
  lab = await openPreparedLab()
  folder = await makeTempFolder()
  await writeFile(join(folder.path, 'canary.raw'), `${canary}\n`.repeat(2000))
  // The overlay is on the node from now on.
  await launch(client(), { overlay: 'tiny-app', name: 'first' })
  await remove(client(), 'first')
  before = await lab.look()
}, 90_000)
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
  await folder?.remove()
})

const client = () => lab.cloudlet.client
const file = (name: string) => join(folder.path, name)

async function qemuImg(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram(['qemu-img', ...args])
  if (exitCode !== 0) throw new Error(stderr)
}

/** Nothing of what was refused is there: neither on the host nor in the catalogue. */
async function expectNothingLeft(name: string): Promise<void> {
  const settled = async () => {
    const sight = await lab.look()
    return sight.ledger.instances.length === 0 && sight.ledger.captures.length === 0 && sight
  }
  expect(await pollUntil(settled, 'the ledger to forget')).toEqual(before)
  for (const list of [client().bases.list, client().overlays.list, client().instances.list]) {
    const { items } = await list({ query: { filter: `name~${name}` } })
    expect(items.map((it) => it.name)).toEqual([])
  }
}

const countBaseOperations = async (): Promise<number> =>
  (await client().operations.list({ query: { filter: 'kind=base.create' } })).items.length

function expectProblem(problem: Problem, code: ProblemCode): void {
  expect(problem).toMatchObject({ code, status: problems[code].status })
  expect(problem.hint.length).toBeGreaterThan(10)
}

const encryption = 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10'

/** Images by the code that each is refused with. */
const images: Partial<Record<ProblemCode, (path: string) => Promise<void>>> = {
  disk_not_an_image: (path) => writeFile(path, Buffer.alloc(100_000, 'no image')),
  disk_truncated: async (path) => {
    await buildTinyGuest(path)
    await truncate(path, 300_000)
  },
  disk_has_backing_file: (path) => qemuImg('create', '-q', '-f', 'qcow2', '-b', file('canary.raw'), '-F', 'raw', path),
  disk_has_data_file: (path) =>
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${file('data.raw')},data_file_raw=on`, path, '64M'),
  disk_encrypted: (path) =>
    qemuImg(...'create -q -f qcow2 --object secret,id=s,data=s -o'.split(' '), encryption, path, '64M'),
  disk_too_large: (path) => qemuImg('create', '-q', '-f', 'qcow2', path, '65G'),
  disk_unsupported: (path) => qemuImg('create', '-q', '-f', 'qcow2', '-o', 'extended_l2=on', path, '64M'),
}

describe('a disk', () => {
  it.each(Object.keys(images) as ProblemCode[])(
    'is refused as %s before any work',
    async (code) => {
      const path = file(`${code}.qcow2`)
      await images[code]!(path)
      const name = `bad-${code.replaceAll('_', '-')}`
      const accepted = await countBaseOperations()
      const args = ['base', 'create', name, '--disk', path, '--memory', '128M', '--probe', 'http:80/']
      const env = { BRAMBLE_URL: lab.cloudlet.url, BRAMBLE_TOKEN: lab.cloudlet.token }
      const { exitCode, stdout, stderr } = await runBramble(args, { env })
      expect([exitCode, stdout]).toEqual([problems[code].exitCode, ''])
      expect(stderr).toContain(`[${code}]`)
      expect(stderr).toContain(`hint: ${problems[code].hint}`)
      expect(await countBaseOperations()).toBe(accepted)
      await expectNothingLeft(name)
      expect(await holdsCanary(lab.cloudlet.stateDir)).toBe(false)
      expect(stderr + lab.cloudlet.logs()).not.toContain(canary)
    },
    30_000,
  )

  it('that was never pushed is refused at once', async () => {
    const disk = `sha256:${'0'.repeat(64)}` as Digest
    const source = { kind: 'disk' as const, disk, machine, probe }
    const problem = await refusal(client(), client().bases.create({ body: { name: 'never', source } }))
    expect(problem.when).toBe('before')
    expectProblem(problem, 'blob_unknown')
  })
})

describe('a machine', () => {
  const wanted: [ProblemCode, object][] = [
    ['cpu_model_unavailable', { cpuModel: 'no-such-cpu' }],
    ['insufficient_memory', { memoryBytes: 2 ** 40 }],
    ['machine_mismatch', { machineType: 'pc-q35-99.0' }],
  ]
  it.each(wanted)(
    'is refused as %s before any work',
    async (code, more) => {
      await buildTinyGuest(file('tiny.qcow2'))
      const disk = await pushDisk(client(), file('tiny.qcow2'))
      const source = { kind: 'disk' as const, disk, machine: { ...machine, ...more }, probe }
      const problem = await refusal(client(), client().bases.create({ body: { name: 'bad-machine', source } }))
      expect(problem.when).toBe('before')
      expectProblem(problem, code)
      expect(problem.detail).toContain('local')
      await expectNothingLeft('bad-machine')
    },
    30_000,
  )
})

describe('an overlay', () => {
  const overlayDigest = async () => (await client().overlays.show({ params: { overlay: 'tiny-app' } })).digest!

  it('whose base is unknown is refused before any work', async () => {
    await using other = await startCloudlet({ driver: 'simulated' })
    const digest = await overlayDigest()
    await carryArtifact(lab.cloudlet, other, 'overlays', digest)
    const source = { kind: 'manifest' as const, digest }
    const problem = await refusal(other.client, other.client.overlays.create({ body: { name: 'orphan', source } }))
    expect(problem.when).toBe('before')
    expectProblem(problem, 'base_unknown')
    expect((await other.client.overlays.list()).items).toEqual([])
  }, 30_000)

  it('with a flipped byte is refused when it is pushed', async () => {
    const { layers } = await pullManifest(lab.cloudlet, 'overlays', await overlayDigest())
    const layer = layers.toSorted((a, b) => b.size - a.size)[0]!
    const content = flipByte(await pullBlob(lab.cloudlet, 'overlays', layer.digest))
    const answer = await pushBlob(lab.cloudlet, 'overlays', digestOf(Buffer.from('unknown')), content)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      errors: [{ code: 'DIGEST_INVALID', detail: { code: 'digest_mismatch', hint: problems.digest_mismatch.hint } }],
    })
    await expectNothingLeft('flipped')
  })

  it('with a flipped byte on its node is refused, fetched again and then runs', async () => {
    const cached = join(lab.cloudlet.stateDir, 'agent/images/overlays', hexOf(await overlayDigest()))
    await flipLargestFile(join(cached, 'sha256'))
    const asked = () => client().instances.launch({ body: { overlay: 'tiny-app', name: 'flipped' } })
    const problem = await refusal(client(), asked())
    expectProblem(problem, 'overlay_corrupt')
    await remove(client(), 'flipped')
    const good = await launch(client(), { overlay: 'tiny-app', name: 'good', publish: [{ guestPort: 80 }] })
    expect((await askStatus(good)).bootId).toBe(lab.saved.bootId)
    await remove(client(), 'good')
    await expectNothingLeft('flipped')
  }, 30_000)

  it('with a flipped byte on the master is refused too, and not kept', async () => {
    const digest = await overlayDigest()
    await rm(join(lab.cloudlet.stateDir, 'agent/images/overlays', hexOf(digest)), { recursive: true })
    const { layers } = await pullManifest(lab.cloudlet, 'overlays', digest)
    const hex = hexOf(layers.toSorted((a, b) => b.size - a.size)[0]!.digest)
    await flipFile(join(lab.cloudlet.stateDir, 'master/blobs/sha256', hex.slice(0, 2), hex))
    const asked = client().instances.launch({ body: { overlay: 'tiny-app', name: 'rotten' } })
    expectProblem(await refusal(client(), asked), 'overlay_corrupt')
    await remove(client(), 'rotten')
    before = { ...before, images: before.images.filter((path) => !path.startsWith('overlays/')) }
    await expectNothingLeft('rotten')
  }, 30_000)
})

describe('too little disk', () => {
  it('refuses a base before it is booted, and leaves nothing', async () => {
    await using small = await mountSmallDisk('1500M')
    await using full = await startCloudlet({
      driver: 'libvirt',
      libvirtSocket: lab.daemon.socketPath,
      stateDir: small.path,
      env: { BRAMBLE__NODE__ID: 'full' },
    })
    await buildTinyGuest(file('tiny.qcow2'))
    const disk = await pushDisk(full.client, file('tiny.qcow2'))
    await small.fill(200)
    const source = { kind: 'disk' as const, disk, machine, probe }
    const problem = await refusal(full.client, full.client.bases.create({ body: { name: 'no-room', source } }))
    expectProblem(problem, 'insufficient_disk')
    expect((await full.client.bases.list()).items).toEqual([])
    expect((await full.client.instances.list()).items).toEqual([])
    expect(await readdir(join(small.path, 'agent/images/disks'))).toEqual([])
    expect(await readdir(join(small.path, 'agent/slots'))).toEqual([])
    expect((await lab.look()).domains).toEqual([])
  }, 60_000)
})

const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest
const hexOf = (digest: Digest): string => digest.slice('sha256:'.length)

function flipByte(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = Math.floor(bytes.length / 2)
  return bytes.with(at, bytes[at]! ^ 1)
}

async function flipFile(path: string): Promise<void> {
  await using handle = await open(path, 'r+')
  const at = Math.floor((await handle.stat()).size / 2)
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, at)
  await handle.write(Buffer.from([byte[0]! ^ 1]), 0, 1, at)
}

async function flipLargestFile(dir: string): Promise<void> {
  const names = await readdir(dir)
  const sized = await Promise.all(names.map(async (name) => ({ name, size: await sizeOf(join(dir, name)) })))
  await flipFile(join(dir, sized.toSorted((a, b) => b.size - a.size)[0]!.name))
}

async function sizeOf(path: string): Promise<number> {
  await using handle = await open(path)
  return (await handle.stat()).size
}

/** Whether the canary stands in any file below. */
async function holdsCanary(dir: string): Promise<boolean> {
  const { exitCode } = await runProgram(['grep', '-rqaF', canary, dir])
  return exitCode === 0
}

/** A file system of its own, of so many bytes. */
async function mountSmallDisk(size: string) {
  const path = file('small')
  await mkdir(path, { mode: 0o711 })
  const { exitCode, stderr } = await runProgram(['mount', '-t', 'tmpfs', '-o', `size=${size},mode=711`, 'tmpfs', path])
  if (exitCode !== 0) throw new Error(stderr)
  return {
    path,
    /** Writes until only so many MiB are free. */
    fill: async (leaveMib: number) => {
      const script = 'dd if=/dev/zero of="$0/filler" bs=1M count=$(($(df -m --output=avail "$0" | tail -1) - $1))'
      await runProgram(['sh', '-c', script, path, `${leaveMib}`])
    },
    [Symbol.asyncDispose]: async () => void (await runProgram(['umount', path])),
  }
}
