// Reads the manifest of a pushed base or overlay (OCI image specification 1.1; docs/formats/overlay.md tells our
// layers). The master needs to know what it is, what it names and how large it is; the bytes are the nodes' business.
import { agentAnnotation, Digest } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { z } from 'zod'

const Descriptor = z.object({ mediaType: z.string(), digest: Digest, size: z.number().int().min(0) })

const ManifestDocument = z.object({
  schemaVersion: z.literal(2),
  artifactType: z.enum(['application/vnd.bramble.base.v1', 'application/vnd.bramble.overlay.v1']),
  layers: z.array(Descriptor).min(1).max(16),
  subject: Descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})

const layerTypes = {
  machine: 'application/vnd.bramble.machine.v1+json',
  index: 'application/vnd.bramble.index.v1+json',
} as const

export interface ArtifactManifest {
  kind: 'base' | 'overlay'
  /** Manifest of the base of an overlay. */
  base?: Digest | undefined
  layers: { digest: Digest; sizeBytes: number }[]
  machineLayer: Digest
  indexLayer: Digest
  /** Undefined when it does not say. */
  hasAgent: boolean | undefined
  /** Of all layers. */
  sizeBytes: number
}

const booleans: Partial<Record<string, boolean>> = { true: true, false: false }

/** @throws `manifest_invalid` */
export function parseManifest(bytes: Uint8Array): ArtifactManifest {
  const document = parseDocument(ManifestDocument, bytes, 'The manifest')
  const kind = document.artifactType === 'application/vnd.bramble.base.v1' ? 'base' : 'overlay'
  if (kind === 'overlay' && !document.subject)
    throw new ProblemError('manifest_invalid', 'An overlay names its base as its subject; this one names none.')
  const layerOf = (name: keyof typeof layerTypes): Digest => {
    const layer = document.layers.find(({ mediaType }) => mediaType === layerTypes[name])
    if (!layer) throw new ProblemError('manifest_invalid', `It has no ${name} layer.`)
    return layer.digest
  }
  const layers = document.layers.map(({ digest, size }) => ({ digest, sizeBytes: size }))
  return {
    kind,
    base: document.subject?.digest,
    layers,
    machineLayer: layerOf('machine'),
    indexLayer: layerOf('index'),
    hasAgent: booleans[document.annotations?.[agentAnnotation] ?? ''],
    sizeBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

/** @throws `manifest_invalid` */
export function parseDocument<S extends z.ZodType>(schema: S, bytes: Uint8Array, what: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not JSON'
    throw new ProblemError('manifest_invalid', `${what} cannot be read: ${why}`, { cause })
  }
}
