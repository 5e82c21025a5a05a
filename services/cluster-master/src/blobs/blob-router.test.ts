import { useRegistry } from './registry-fixture.ts'
import { refusalOf, sha256 } from './test-client.ts'

const { ask, begin, push } = useRegistry()

describe('a registry admits', () => {
  it.each([
    ['', 401, 401],
    ['stranger', 401, 401],
    ['device', 403, 403],
    ['viewer', 403, 403],
    ['researcher', 200, 403],
    ['node', 200, 202],
    ['operator', 200, 202],
    ['admin', 200, 202],
  ])('%p: %i to pull, %i to push', async (token, pull, pushed) => {
    const digest = await push('hello')
    const pulled = await ask('GET', `/v2/bases/blobs/${digest}`, { token })
    expect(pulled.status).toBe(pull)
    expect(pulled.headers.get('www-authenticate')).toBe(
      pull === 401 ? 'Bearer realm="bramble",service="bramble"' : null,
    )
    expect((await ask('POST', '/v2/bases/blobs/uploads/', { token })).status).toBe(pushed)
  })

  it('says that it is a registry', async () => {
    const response = await ask('GET', '/v2/')
    expect(response.status).toBe(200)
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
    expect(await refusalOf(await ask('GET', '/v2/', { token: '' }))).toEqual([401, 'UNAUTHORIZED'])
  })
})

describe('a registry refuses', () => {
  const digest = sha256('hello')
  it.each([
    ['GET', `/v2/users/blobs/${digest}`, 404, 'NAME_UNKNOWN'],
    ['GET', `/v2/..%2f..%2fetc/blobs/${digest}`, 404, 'NAME_UNKNOWN'],
    ['GET', `/v2/a/b/c/blobs/${digest}`, 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/bases/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd', 400, 'DIGEST_INVALID'],
    ['GET', `/v2/bases/blobs/${digest.toUpperCase()}`, 400, 'DIGEST_INVALID'],
    ['GET', `/v2/bases/blobs/sha512:${'0'.repeat(128)}`, 400, 'DIGEST_INVALID'],
    ['GET', '/v2/bases/blobs/uploads/..%2fx', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['POST', '/v2/bases/blobs/uploads/?digest=x', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/bases/tags/list', 405, 'UNSUPPORTED'],
    ['GET', `/v2/bases/referrers/${digest}`, 405, 'UNSUPPORTED'],
    ['DELETE', `/v2/bases/blobs/${digest}`, 405, 'UNSUPPORTED'],
    ['DELETE', `/v2/bases/manifests/${digest}`, 405, 'UNSUPPORTED'],
    ['GET', '/v2/bases/manifests/latest', 405, 'UNSUPPORTED'],
    ['GET', '/v2/_catalog', 404, 'NAME_UNKNOWN'],
  ])('%s %s with %i %s', async (method, path, status, code) => {
    expect(await refusalOf(await ask(method, path, { token: 'admin' }))).toEqual([status, code])
  })

  it('giant headers', async () => {
    const response = await ask('GET', '/v2/', { headers: { 'x-giant': 'x'.repeat(20_000) } })
    expect(response.status).toBe(431)
  })

  it('a chunk whose lengths do not agree', async () => {
    const headers = { 'content-range': '0-9' }
    expect(await refusalOf(await ask('PATCH', await begin(), { body: 'hello', headers }))).toEqual([
      400,
      'SIZE_INVALID',
    ])
  })
})
