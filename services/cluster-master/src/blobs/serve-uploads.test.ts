import { request } from 'node:http'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { useRegistry } from './registry-fixture.ts'
import { refusalOf, sha256 } from './test-client.ts'

const { ask, begin, push, registry, restart, uploadsFolder } = useRegistry()
const unfinished = () => readdir(uploadsFolder())

describe('a registry takes a blob', () => {
  it('in chunks, each where the upload stands', async () => {
    const location = await begin()
    const first = await ask('PATCH', location, { body: 'hello ', headers: { 'content-range': '0-5' } })
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-5'])
    const again = await ask('PATCH', location, { body: 'hello ', headers: { 'content-range': '0-5' } })
    expect(again.headers.get('range')).toBe('0-5')
    expect(await refusalOf(again)).toEqual([416, 'BLOB_UPLOAD_INVALID'])
    expect((await ask('GET', location)).headers.get('range')).toBe('0-5')
    await ask('PATCH', location, { body: 'wor', headers: { 'content-range': '6-8' } })
    const done = await ask('PUT', `${location}?digest=${sha256('hello world')}`, { body: 'ld' })
    expect([done.status, done.headers.get('location')]).toEqual([201, `/v2/bases/blobs/${sha256('hello world')}`])
    expect(await (await ask('GET', done.headers.get('location') ?? '')).text()).toBe('hello world')
    expect(await unfinished()).toEqual([])
  })

  it('as a stream that does not tell its length', async () => {
    const location = await begin()
    expect((await ask('PATCH', location, { body: new Blob(['hello']).stream() })).status).toBe(202)
    expect((await ask('PUT', `${location}?digest=${sha256('hello')}`)).status).toBe(201)
  })

  it('that it has already', async () => {
    const digest = await push('hello')
    expect(await push('hello')).toBe(digest)
    expect(await unfinished()).toEqual([])
  })

  it('on, after it was started again', async () => {
    const location = await begin()
    await ask('PATCH', location, { body: 'hello ' })
    await restart()
    expect((await ask('GET', location)).headers.get('range')).toBe('0-5')
    await ask('PATCH', location, { body: 'world', headers: { 'content-range': '6-10' } })
    expect((await ask('PUT', `${location}?digest=${sha256('hello world')}`)).status).toBe(201)
  })

  it('on, when the connection broke in a chunk', async () => {
    const location = await begin()
    const broken = await hang(new URL(location, registry().url), 'hello ')
    await eventually(async () => (await ask('GET', location)).headers.get('range') === '0-5')
    broken.destroy()
    await ask('PATCH', location, { body: 'world', headers: { 'content-range': '6-10' } })
    expect((await ask('PUT', `${location}?digest=${sha256('hello world')}`)).status).toBe(201)
  })

  it('from the newest connection, when an older one hangs', async () => {
    const location = await begin()
    const hanging = await hang(new URL(location, registry().url), 'hello ')
    await eventually(async () => (await ask('GET', location)).headers.get('range') === '0-5')
    const body = 'world'
    expect((await ask('PATCH', location, { body, headers: { 'content-range': '6-10' } })).status).toBe(202)
    hanging.destroy()
    expect((await ask('PUT', `${location}?digest=${sha256('hello world')}`)).status).toBe(201)
  })

  it('not with another digest, and keeps nothing of it', async () => {
    const location = await begin()
    await ask('PATCH', location, { body: 'hellp' })
    const refused = await ask('PUT', `${location}?digest=${sha256('hello')}`)
    const { errors } = (await refused.json()) as { errors: unknown[] }
    expect(refused.status).toBe(400)
    expect(errors).toMatchObject([{ code: 'DIGEST_INVALID', detail: { code: 'digest_mismatch' } }])
    expect((await ask('HEAD', `/v2/bases/blobs/${sha256('hello')}`)).status).toBe(404)
    expect(await unfinished()).toEqual([])
    expect((await ask('GET', location)).status).toBe(404)
  })

  it.each(['Content-Length', 'no length'])('not beyond the limit (%s)', async (kind) => {
    await restart({ blobBytes: 10 })
    const body = kind === 'no length' ? new Blob(['hello world']).stream() : 'hello world'
    expect(await refusalOf(await ask('PATCH', await begin(), { body }))).toEqual([413, 'SIZE_INVALID'])
  })

  it.each(['Content-Length', 'no length'])('not when the disk is full (%s)', async (kind) => {
    await restart({ freeBytes: async () => 1000, keepFreeBytes: 995 })
    const body = kind === 'no length' ? new Blob(['hello world']).stream() : 'hello world'
    const refused = await ask('PATCH', await begin(), { body })
    expect(refused.status).toBe(507)
    expect(await refused.json()).toMatchObject({ errors: [{ detail: { code: 'storage_full' } }] })
  })

  it('until it is cancelled', async () => {
    const location = await begin()
    expect((await ask('DELETE', location)).status).toBe(204)
    expect(await refusalOf(await ask('DELETE', location))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
    expect(await unfinished()).toEqual([])
  })

  it('for a day, then forgets it', async () => {
    const old = await begin()
    const young = await begin()
    const path = join(uploadsFolder(), `bases.${old.split('/').at(-1)}`)
    const yesterday = new Date(Date.now() - 25 * 3_600_000)
    await utimes(path, yesterday, yesterday)
    await registry().store.uploads.expire()
    expect((await ask('GET', old)).status).toBe(404)
    expect((await ask('GET', young)).status).toBe(204)
  })

  it('only through the repository it was begun in', async () => {
    const location = await begin('bases')
    expect((await ask('GET', location.replace('bases', 'disks'))).status).toBe(404)
  })
})

/** Begins a chunk of 1000 bytes, sends less, and leaves the connection open. */
async function hang(url: URL, sent: string) {
  const headers = { authorization: 'Bearer node', 'content-length': '1000' }
  const upload = request(url, { method: 'PATCH', headers })
  upload.on('error', () => {})
  await new Promise<void>((resolve) => upload.write(sent, () => resolve()))
  return upload
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('it did not become so')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
