import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '@bramble/contracts'
import { silentLogger } from '@bramble/kit'
import { createImageCache } from './image-cache.ts'
import type { ImageCache } from './image-cache.ts'
import { createRegistryClient } from './registry-client.ts'
import { digestOf, startTestRegistry, testToken } from './registry.fixture.ts'
import type { TestRegistry } from './registry.fixture.ts'

let registry: TestRegistry
let dir: string
const opened: ImageCache[] = []

beforeEach(async () => {
  registry = await startTestRegistry()
  dir = await mkdtemp(join(tmpdir(), 'image-cache-'))
})
afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.close()
  await registry[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

async function openCache(reserveBytes = 0): Promise<ImageCache> {
  const retry = { maxTries: 2, minDelayMs: 1, maxDelayMs: 1 }
  const client = createRegistryClient({ url: registry.url, token: () => testToken, retry })
  const cache = await createImageCache({ dir, registry: client, log: silentLogger(), reserveBytes })
  opened.push(cache)
  return cache
}

function push(bytes: Buffer, to: 'blobs' | 'manifests' = 'blobs'): Digest {
  const digest = digestOf(bytes) as Digest
  registry[to].set(digest, bytes)
  return digest
}

const countOf = (method: string) => registry.requests.filter((line) => line.startsWith(method)).length

/** The header of an empty qcow2 image, version 3, of one mebibyte: L1 table, refcount table and block. */
function emptyImage(): Buffer {
  const image = Buffer.alloc(4 * 65_536)
  image.write('QFI\xfb', 'latin1')
  image.writeUInt32BE(3, 4)
  image.writeUInt32BE(16, 20)
  image.writeBigUInt64BE(1_048_576n, 24)
  image.writeUInt32BE(1, 36)
  image.writeBigUInt64BE(3n * 65_536n, 40)
  image.writeBigUInt64BE(65_536n, 48)
  image.writeUInt32BE(1, 56)
  image.writeUInt32BE(4, 96)
  image.writeUInt32BE(104, 100)
  image.writeBigUInt64BE(2n * 65_536n, 65_536)
  for (let cluster = 0; cluster < 4; cluster += 1) image.writeUInt16BE(1, 2 * 65_536 + 2 * cluster)
  return image
}

it('fetches an image once, however many ask at the same time', async () => {
  const digest = push(emptyImage())
  const cache = await openCache()
  const paths = await Promise.all([1, 2, 3].map(() => cache.disk(digest)))
  expect(new Set(paths).size).toBe(1)
  expect(countOf('GET')).toBe(1)
  await cache.disk(digest)
  expect(countOf('GET')).toBe(1)
})

it('asks again after a failure', async () => {
  const bytes = emptyImage()
  const cache = await openCache()
  await expect(cache.disk(digestOf(bytes) as Digest)).rejects.toMatchObject({ code: 'blob_unknown' })
  await expect(cache.disk(push(bytes))).resolves.toContain('disks')
})

it.each([
  ['what is no image', Buffer.alloc(1000, 'x'), 'disk_not_an_image'],
  ['a truncated image', emptyImage().subarray(0, 70_000), 'disk_truncated'],
])('keeps nothing of %s', async (_, bytes, code) => {
  const cache = await openCache()
  await expect(cache.disk(push(bytes))).rejects.toMatchObject({ code })
  expect(await readdir(join(dir, 'disks'))).toEqual([])
})

it('keeps nothing of bytes that are not those named', async () => {
  const digest = push(emptyImage())
  registry.blobs.set(digest, Buffer.concat([emptyImage(), Buffer.from('!')]))
  const cache = await openCache()
  await expect(cache.disk(digest)).rejects.toMatchObject({ code: 'digest_mismatch' })
  expect(await readdir(join(dir, 'disks'))).toEqual([])
})

it('refuses to write what the disk has no room for, before it asks for a byte', async () => {
  const digest = push(emptyImage())
  const cache = await openCache(2 ** 60)
  await expect(cache.disk(digest)).rejects.toMatchObject({ code: 'insufficient_disk' })
  expect(countOf('GET')).toBe(0)
})

it('says when a base is unknown, and when a manifest is of something else', async () => {
  const cache = await openCache()
  const missing = digestOf(Buffer.from('no')) as Digest
  await expect(cache.base(missing)).rejects.toMatchObject({ code: 'base_unknown' })
  await expect(cache.machine(missing)).rejects.toMatchObject({ code: 'base_unknown' })
  await expect(cache.base(push(Buffer.from('{}'), 'manifests'))).rejects.toMatchObject({ code: 'manifest_invalid' })
  await expect(cache.overlay(missing)).rejects.toMatchObject({ code: 'blob_unknown' })
})

it('removes at its start what an earlier process left half done, and lists only what is complete', async () => {
  const hex = 'a'.repeat(64)
  for (const name of [hex, `${hex}.partial`]) await mkdir(join(dir, 'overlays', name), { recursive: true })
  await mkdir(join(dir, 'disks'))
  await writeFile(join(dir, 'disks', `${hex}.partial`), 'half')
  const cache = await openCache()
  expect(await cache.list()).toEqual({ bases: [], overlays: [`sha256:${hex}`] })
  expect(await readdir(join(dir, 'disks'))).toEqual([])
  expect(await readdir(join(dir, 'overlays'))).toEqual([hex])
})
