import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '@bramble/contracts'
import { createRegistryClient } from './registry-client.ts'
import { digestOf, startTestRegistry, testToken } from './registry.fixture.ts'
import type { TestRegistry } from './registry.fixture.ts'

let registry: TestRegistry
let dir: string
beforeEach(async () => {
  registry = await startTestRegistry()
  dir = await mkdtemp(join(tmpdir(), 'registry-client-'))
})
afterEach(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

const client = (token = testToken) =>
  createRegistryClient({
    url: registry.url,
    token: () => token,
    idleTimeoutMs: 2000,
    retry: { maxTries: 3, minDelayMs: 1, maxDelayMs: 2 },
  })

const read = async (stream: AsyncIterable<Buffer>) => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const putBlob = (bytes: Buffer) => {
  const digest = digestOf(bytes) as Digest
  registry.blobs.set(digest, bytes)
  return digest
}

async function pushFile(bytes: Buffer, sizes: number[] = []) {
  const path = join(dir, 'blob')
  await writeFile(path, bytes)
  const blob = { repository: 'disks' as const, digest: digestOf(bytes), sizeBytes: bytes.length, path }
  await client().pushBlob({ ...blob, onProgress: (done) => void sizes.push(done) })
}

describe('pullBlob', () => {
  const bytes = randomBytes(300_000)
  const whole = (digest: string) => ({ repository: 'disks', digest, offset: 0, lengthBytes: bytes.length })

  it('goes on at the first missing byte when the connection breaks', async () => {
    const digest = putBlob(bytes)
    registry.breakAfterBytes.push(100_000, 0, 50_000)
    expect((await read(client().pullBlob(whole(digest)))).equals(bytes)).toBe(true)
    expect(registry.requests).toHaveLength(4)
  })

  it('reads a range', async () => {
    const range = { ...whole(putBlob(bytes)), offset: 1000, lengthBytes: 5000 }
    expect(await read(client().pullBlob(range))).toEqual(bytes.subarray(1000, 6000))
  })

  it('gives up after tries without progress', async () => {
    const digest = putBlob(bytes)
    registry.breakAfterBytes.push(0, 0, 0)
    await expect(read(client().pullBlob(whole(digest)))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('does not try again what is refused', async () => {
    const missing = digestOf(Buffer.from('missing'))
    await expect(read(client().pullBlob(whole(missing)))).rejects.toMatchObject({ code: 'blob_unknown' })
    await expect(read(client('wrong').pullBlob(whole(missing)))).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(registry.requests).toHaveLength(2)
  })

  it('ends when it is told to', async () => {
    const stop = new AbortController()
    const stream = client().pullBlob({ ...whole(putBlob(bytes)), signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(read(stream)).rejects.toThrow('enough')
  })
})

describe('manifests', () => {
  it('come back as they were sent', async () => {
    const bytes = Buffer.from('{"schemaVersion":2}')
    const digest = await client().pushManifest({ repository: 'bases', bytes, mediaType: 'application/json' })
    expect(digest).toBe(digestOf(bytes))
    registry.failWith.push(503)
    expect(await client().pullManifest('bases', digest)).toEqual(bytes)
  })

  it('are refused when their digest is another', async () => {
    const digest = digestOf(Buffer.from('a')) as Digest
    registry.manifests.set(digest, Buffer.from('b'))
    await expect(client().pullManifest('bases', digest)).rejects.toMatchObject({ code: 'digest_mismatch' })
  })
})

describe('pushBlob', () => {
  const bytes = randomBytes(20_000_000)

  it('sends chunks and tells how far it is', async () => {
    const sizes: number[] = []
    await pushFile(bytes, sizes)
    expect(registry.blobs.get(digestOf(bytes))?.equals(bytes)).toBe(true)
    expect(sizes).toEqual([8_388_608, 16_777_216, 20_000_000])
  })

  it('goes on where the registry stands after a broken connection', async () => {
    registry.breakAfterBytes.push(undefined, 1_000_000)
    await pushFile(bytes)
    expect(registry.blobs.get(digestOf(bytes))?.equals(bytes)).toBe(true)
    expect(registry.requests.filter((line) => line.startsWith('PATCH'))).toHaveLength(4)
    expect(registry.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1)
  })

  it.each([
    ['begun', 8_388_608],
    ['sent to its end', bytes.length],
  ])('begins anew when the registry forgot an upload that was %s', async (_, forgottenAt) => {
    let forgets = 1
    const path = join(dir, 'blob')
    await writeFile(path, bytes)
    const blob = { repository: 'disks' as const, digest: digestOf(bytes), sizeBytes: bytes.length, path }
    const onProgress = (done: number) => void (done === forgottenAt && forgets-- > 0 && registry.forgetUploads())
    await client().pushBlob({ ...blob, onProgress })
    expect(registry.requests.filter((line) => line.startsWith('POST'))).toHaveLength(2)
    expect(registry.blobs.get(blob.digest)?.equals(bytes)).toBe(true)
  })

  it('sends nothing that is there', async () => {
    putBlob(bytes)
    await pushFile(bytes)
    expect(registry.requests).toEqual([`HEAD /v2/disks/blobs/${digestOf(bytes)}`])
  })

  it('pushes an empty blob', async () => {
    await pushFile(Buffer.alloc(0))
    expect(registry.blobs.get(digestOf(Buffer.alloc(0)))).toHaveLength(0)
  })
})
