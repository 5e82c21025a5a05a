/**
 * Bases and overlays as OCI artifacts: an image manifest (OCI image specification 1.1, "Guidance for Artifact Usage")
 * with an artifact type of ours, the empty config, and one layer per kind of content. An overlay names its base as its
 * `subject`. The layers are described in docs/formats/overlay.md.
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { SynthesisError } from '../error.ts'

export type Descriptor = { mediaType: string; digest: string; sizeBytes: number }

export const LAYER_TYPES = {
  machine: 'application/vnd.bramble.machine.v1+json',
  index: 'application/vnd.bramble.index.v1+json',
  state: 'application/vnd.bramble.state.v1',
  memory: 'application/vnd.bramble.memory.v1',
  disk: 'application/vnd.bramble.disk.v1',
  hashes: 'application/vnd.bramble.hashes.v1',
} as const

export type LayerName = keyof typeof LAYER_TYPES
/** Every artifact has a machine and an index; a layer without content is left out. */
export type Layers = Partial<Record<LayerName, Descriptor>> & Record<'machine' | 'index', Descriptor>

/** By reverse-DNS name; not read here, but kept for whoever reads the manifest (docs/formats/base.md). */
export type Annotations = Readonly<Record<string, string>>

/** `descriptor` is that of the manifest itself. */
export type BaseManifest = { kind: 'base'; descriptor: Descriptor; layers: Layers }
export type OverlayManifest = { kind: 'overlay'; descriptor: Descriptor; base: Descriptor; layers: Layers }
export type Manifest = BaseManifest | OverlayManifest

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const ARTIFACT_TYPES = {
  base: 'application/vnd.bramble.base.v1',
  overlay: 'application/vnd.bramble.overlay.v1',
} as const

export const EMPTY_CONFIG = Buffer.from('{}')
const MAX_MANIFEST_BYTES = 1 << 20
const MAX_LAYER_BYTES = 2 ** 42

const descriptorSchema = z.strictObject({
  mediaType: z.string().max(255),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().nonnegative().max(MAX_LAYER_BYTES),
  data: z.string().max(64).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})

const manifestSchema = z.strictObject({
  schemaVersion: z.literal(2),
  mediaType: z.literal(MANIFEST_TYPE),
  artifactType: z.enum(ARTIFACT_TYPES),
  config: descriptorSchema.extend({ mediaType: z.literal('application/vnd.oci.empty.v1+json') }),
  layers: z.array(descriptorSchema).min(2).max(16),
  subject: descriptorSchema.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})

export const digestOf = (bytes: Uint8Array): string => `sha256:${hash('sha256', bytes, 'hex')}`

export const emptyConfigDescriptor: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: digestOf(EMPTY_CONFIG),
  sizeBytes: EMPTY_CONFIG.length,
}

/** Parses what a registry or a file holds; throws `manifest_invalid`. The digest is that of the bytes given. */
export function readManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) throw invalid(`it is larger than ${MAX_MANIFEST_BYTES} bytes`)
  const parsed = manifestSchema.safeParse(parseJson(bytes))
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  const { artifactType, subject } = parsed.data
  const layers = nameLayers(parsed.data.layers.map(toDescriptor))
  const descriptor = { mediaType: MANIFEST_TYPE, digest: digestOf(bytes), sizeBytes: bytes.length }
  if (artifactType === ARTIFACT_TYPES.base) return { kind: 'base', descriptor, layers }
  if (subject === undefined) throw invalid('an overlay names its base as its subject')
  return { kind: 'overlay', descriptor, base: toDescriptor(subject), layers }
}

/** What a manifest says besides its layers. */
export type ManifestExtras = { subject?: Descriptor; annotations?: Annotations }

export function writeManifest(
  kind: Manifest['kind'],
  layers: readonly Descriptor[],
  { subject, annotations }: ManifestExtras = {},
): Buffer {
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPES[kind],
    config: fromDescriptor(emptyConfigDescriptor),
    layers: layers.map(fromDescriptor),
    ...(subject && { subject: fromDescriptor(subject) }),
    ...(annotations && { annotations }),
  }
  return Buffer.from(JSON.stringify(manifest))
}

function nameLayers(descriptors: readonly Descriptor[]): Layers {
  const layers: Partial<Layers> = {}
  for (const descriptor of descriptors) {
    const name = (Object.keys(LAYER_TYPES) as LayerName[]).find((key) => LAYER_TYPES[key] === descriptor.mediaType)
    if (name === undefined) throw invalid(`layer type ${descriptor.mediaType} is unknown`)
    if (layers[name] !== undefined) throw invalid(`layer ${name} appears twice`)
    layers[name] = descriptor
  }
  const { machine, index } = layers
  if (machine === undefined || index === undefined) throw invalid('its machine or its index is missing')
  return { ...layers, machine, index }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw new SynthesisError('manifest_invalid', 'The manifest is not JSON', { cause })
  }
}

const toDescriptor = ({ mediaType, digest, size }: z.infer<typeof descriptorSchema>): Descriptor => ({
  mediaType,
  digest,
  sizeBytes: size,
})

const fromDescriptor = ({ mediaType, digest, sizeBytes }: Descriptor) => ({ mediaType, digest, size: sizeBytes })

const invalid = (reason: string) => new SynthesisError('manifest_invalid', `The manifest is refused: ${reason}`)
