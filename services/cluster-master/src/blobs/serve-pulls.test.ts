import { useRegistry } from './registry-fixture.ts'
import { refusalOf, sha256 } from './test-client.ts'

const { ask, push } = useRegistry()

describe('a registry gives a blob', () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => (n * 7919) & 0xff))

  it('whole, by GET and by HEAD', async () => {
    const digest = await push(bytes)
    const response = await ask('GET', `/v2/overlays/blobs/${digest}`)
    expect(response.headers.get('docker-content-digest')).toBe(digest)
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(digest)
    const head = await ask('HEAD', `/v2/bases/blobs/${digest}`, { headers: { range: 'bytes=0-0' } })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '3000000'])
  })

  it('in part', async () => {
    const digest = await push(bytes)
    const response = await ask('GET', `/v2/bases/blobs/${digest}`, { headers: { range: 'bytes=1000000-2099999' } })
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 1000000-2099999/3000000'])
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(bytes.subarray(1_000_000, 2_100_000)))
  })

  it('not beyond its end', async () => {
    const digest = await push('hello')
    const response = await ask('GET', `/v2/bases/blobs/${digest}`, { headers: { range: 'bytes=5-' } })
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */5'])
  })

  it('of no bytes', async () => {
    const response = await ask('GET', `/v2/bases/blobs/${await push('')}`)
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('only when it has it', async () => {
    expect(await refusalOf(await ask('GET', `/v2/bases/blobs/${sha256('none')}`))).toEqual([404, 'BLOB_UNKNOWN'])
  })
})
