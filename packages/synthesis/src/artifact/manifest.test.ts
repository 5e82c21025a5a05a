import fc from 'fast-check'
import { SynthesisError } from '../error.ts'
import type { Descriptor } from './manifest.ts'
import { digestOf, LAYER_TYPES, MANIFEST_TYPE, readManifest, writeManifest } from './manifest.ts'

const layer = (name: keyof typeof LAYER_TYPES): Descriptor => ({
  mediaType: LAYER_TYPES[name],
  digest: digestOf(Buffer.from(name)),
  sizeBytes: name.length,
})
const layers = [layer('machine'), layer('index'), layer('state'), layer('memory')]
const base: Descriptor = { mediaType: MANIFEST_TYPE, digest: digestOf(Buffer.from('base')), sizeBytes: 900 }

describe('a manifest', () => {
  it('reads as it was written', () => {
    const bytes = writeManifest('overlay', layers, { subject: base })
    expect(readManifest(bytes)).toEqual({
      kind: 'overlay',
      descriptor: { mediaType: MANIFEST_TYPE, digest: digestOf(bytes), sizeBytes: bytes.length },
      base,
      layers: { machine: layers[0], index: layers[1], state: layers[2], memory: layers[3] },
    })
    expect(readManifest(writeManifest('base', layers))).toMatchObject({ kind: 'base' })
  })

  it('carries annotations for whoever reads it', () => {
    const annotations = { 'org.example.note': 'yes' }
    const bytes = writeManifest('base', layers, { annotations })
    expect(readManifest(bytes)).toMatchObject({ kind: 'base' })
    expect(JSON.parse(bytes.toString())).toMatchObject({ annotations })
  })

  it.each<[string, Buffer]>([
    ['no JSON', Buffer.from('{')],
    ['an overlay without a base', writeManifest('overlay', layers)],
    ['a layer twice', writeManifest('base', [...layers, layer('state')])],
    ['a layer of another kind', writeManifest('base', [...layers, { ...base, mediaType: 'text/plain' }])],
    ['no index', writeManifest('base', [layer('machine'), layer('state')])],
    [
      'a digest with a path',
      writeManifest('base', [...layers, { ...layer('disk'), digest: 'sha256:../../etc/passwd' }]),
    ],
    ['a negative size', writeManifest('base', [...layers, { ...layer('disk'), sizeBytes: -1 }])],
    ['an unknown key', Buffer.from(writeManifest('base', layers).toString().replace('{', '{"extra":1,'))],
    ['a mebibyte and more', Buffer.concat([writeManifest('base', layers), Buffer.alloc(1 << 20, ' ')])],
  ])('is refused with %s', (_what, bytes) => {
    expect(() => readManifest(bytes)).toThrow(expect.objectContaining({ code: 'manifest_invalid' }))
  })

  it('is refused or understood whatever its bytes are', () => {
    const whole = writeManifest('overlay', layers, { subject: base })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(whole)
        bytes[at] = value
        try {
          readManifest(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(SynthesisError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
