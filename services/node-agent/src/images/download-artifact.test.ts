import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Descriptor, OverlayManifest } from '@bramble/synthesis'
import { downloadArtifact } from './download-artifact.ts'
import { digestOf } from './registry.fixture.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-'))
})
afterEach(() => rm(root, { recursive: true }))

const descriptorOf = (bytes: Buffer): Descriptor => ({
  ...{ mediaType: 'application/octet-stream', digest: digestOf(bytes), sizeBytes: bytes.length },
})

const [state, memory] = [randomBytes(3_000_000), randomBytes(5_000_000)]
const base = descriptorOf(Buffer.from('base'))
const layers = { machine: descriptorOf(state), index: descriptorOf(memory) }
const manifest: OverlayManifest = { kind: 'overlay', descriptor: descriptorOf(Buffer.from('m')), base, layers }

async function* pieces(bytes: Buffer, gate: Promise<void> = Promise.resolve()) {
  yield bytes.subarray(0, 1_000_000)
  await gate
  yield bytes.subarray(1_000_000)
}

const download = (pull: (layer: Descriptor) => AsyncIterable<Buffer>) =>
  downloadArtifact({ manifest, manifestBytes: Buffer.from('{}'), dir: join(root, 'o'), pull })

const contentOf = (layer: Descriptor) => (layer.digest === layers.machine.digest ? state : memory)

async function read(stream: AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>) {
  const chunks: Buffer[] = []
  for await (const chunk of await stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

it('gives the first bytes while the rest is on its way, and all of them in the end', async () => {
  const gate = Promise.withResolvers<void>()
  const { source, finished } = await download((layer) => pieces(contentOf(layer), gate.promise))
  const early = await read(source.read(layers.index, { offset: 100, lengthBytes: 500_000 }))
  expect(early.equals(memory.subarray(100, 500_100))).toBe(true)
  expect(await readdir(root)).toEqual(['o.partial'])
  const whole = read(source.read(layers.index, { offset: 0, lengthBytes: memory.length }))
  gate.resolve()
  expect((await whole).equals(memory)).toBe(true)
  await finished
  expect(await readdir(root)).toEqual(['o'])
  const late = await read(source.read(layers.machine, { offset: 0, lengthBytes: state.length }))
  expect(late.equals(state)).toBe(true)
})

it('fails its readers with the reason and leaves nothing when one layer is another than named', async () => {
  const { source, finished } = await download((layer) => pieces(Buffer.from(contentOf(layer)).reverse() as Buffer))
  await expect(finished).rejects.toMatchObject({ code: 'overlay_corrupt' })
  for (const layer of Object.values(layers)) {
    const late = read(source.read(layer, { offset: 0, lengthBytes: layer.sizeBytes }))
    await expect(late).rejects.toMatchObject({ code: 'overlay_corrupt' })
  }
  expect(await readdir(root)).toEqual([])
})
