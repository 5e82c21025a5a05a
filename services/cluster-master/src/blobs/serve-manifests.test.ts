import { readdir } from 'node:fs/promises'
import { useRegistry } from './registry-fixture.ts'
import { refusalOf, sha256 } from './test-client.ts'

const artifactType = { base: 'application/vnd.bramble.base.v1', overlay: 'application/vnd.bramble.overlay.v1' }
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

const { ask, push, registry, uploadsFolder } = useRegistry()

describe('a registry takes a manifest', () => {
  const descriptor = (bytes: string, mediaType = 'application/octet-stream') => ({
    mediaType,
    digest: sha256(bytes),
    size: bytes.length,
  })
  const manifestOf = (kind: 'base' | 'overlay', over: object = {}) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      artifactType: artifactType[kind],
      config: descriptor('{}', 'application/vnd.oci.empty.v1+json'),
      layers: [
        descriptor('machine', 'application/vnd.bramble.machine.v1+json'),
        descriptor('index', 'application/vnd.bramble.index.v1+json'),
      ],
      ...over,
    })
  const put = (body: string, repository = 'bases', digest: string = sha256(body)) =>
    ask('PUT', `/v2/${repository}/manifests/${digest}`, { body, headers: { 'content-type': manifestType } })

  beforeEach(async () => {
    for (const blob of ['machine', 'index', '{}']) await push(blob)
  })

  it('and gives it back byte for byte', async () => {
    const manifest = manifestOf('base')
    expect((await put(manifest)).status).toBe(201)
    const path = `/v2/bases/manifests/${sha256(manifest)}`
    const pulled = await ask('GET', path)
    expect(await pulled.text()).toBe(manifest)
    expect(pulled.headers.get('content-type')).toBe(manifestType)
    const head = await ask('HEAD', path)
    expect(head.headers.get('content-length')).toBe(String(manifest.length))
    expect((await registry().store.readManifest('bases', sha256(manifest)))?.toString()).toBe(manifest)
    expect(await refusalOf(await ask('GET', path.replace('bases', 'overlays')))).toEqual([404, 'MANIFEST_UNKNOWN'])
    expect(await readdir(uploadsFolder())).toEqual([])
  })

  const missing = { layers: [descriptor('index', 'application/vnd.bramble.index.v1+json')] }
  it.each<[string, () => Promise<Response>, [number, string]]>([
    ['no JSON', () => put('{'), [422, 'MANIFEST_INVALID']],
    ['another kind of artifact', () => put(manifestOf('base', { artifactType: 'x/y' })), [422, 'MANIFEST_INVALID']],
    ['no machine', () => put(manifestOf('base', missing)), [422, 'MANIFEST_INVALID']],
    ['an overlay without its base', () => put(manifestOf('overlay'), 'overlays'), [422, 'MANIFEST_INVALID']],
    ['a base among overlays', () => put(manifestOf('base'), 'overlays'), [400, 'MANIFEST_INVALID']],
    ['a base among disks', () => put(manifestOf('base'), 'disks'), [400, 'MANIFEST_INVALID']],
    ['another digest', () => put(manifestOf('base'), 'bases', sha256('x')), [400, 'DIGEST_INVALID']],
    ['a tag', () => put(manifestOf('base'), 'bases', 'latest'), [405, 'UNSUPPORTED']],
    ['too many bytes', () => put(manifestOf('base') + ' '.repeat(4 << 20)), [413, 'SIZE_INVALID']],
  ])('not with %s', async (_what, send, expected) => {
    expect(await refusalOf(await send())).toEqual(expected)
  })

  it('not before its blobs, and says which', async () => {
    const layers = [...JSON.parse(manifestOf('base')).layers, descriptor('memory')]
    const refused = await put(manifestOf('base', { layers }))
    expect(refused.status).toBe(404)
    expect(await refused.json()).toMatchObject({
      errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', detail: [sha256('memory')] }],
    })
  })

  it('not when a blob has another size', async () => {
    await push('memory')
    const layers = [...JSON.parse(manifestOf('base')).layers, { ...descriptor('memory'), size: 1 }]
    expect(await refusalOf(await put(manifestOf('base', { layers })))).toEqual([400, 'MANIFEST_INVALID'])
  })
})
