// What a capture of a simulated VM makes: a manifest of the right shape over layers of a few bytes, different for every
// capture, so that it can be pushed, listed and named like a real one. (Nothing can be synthesised from it.)
import { hash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agentAnnotation } from '@bramble/contracts'
import type { Captured, Digest } from '@bramble/contracts'
import { ARTIFACT_TYPES, LAYER_TYPES, MANIFEST_TYPE } from '@bramble/synthesis'
import type { Artifact, CaptureSpec } from '../driver.ts'
import { simulatedMachine } from './simulated-machine.ts'
import type { SimulatedVm } from './simulated-hypervisor.ts'

interface Layer {
  mediaType: string
  bytes: Buffer
}

const sha256 = (bytes: Buffer): Digest => `sha256:${hash('sha256', bytes, 'hex')}` as Digest
const toJson = (value: unknown) => Buffer.from(JSON.stringify(value))

export async function makeArtifact(spec: CaptureSpec, vm: SimulatedVm, baseSizeBytes: number): Promise<Artifact> {
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', bytes: Buffer.from('{}') }
  const layers = layersOf(spec, vm)
  const manifest = toJson({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: ARTIFACT_TYPES[spec.kind],
    config: describe(config),
    layers: layers.map(describe),
    ...(spec.kind === 'overlay' && {
      subject: { mediaType: MANIFEST_TYPE, digest: spec.base, size: baseSizeBytes },
    }),
    annotations: { [agentAnnotation]: 'true' },
  })
  const blobs = await Promise.all([config, ...layers].map((layer) => writeBlob(layer, spec.workDir)))
  const sizeBytes = layers.reduce((total, { bytes }) => total + bytes.length, 0)
  return { manifest, mediaType: MANIFEST_TYPE, blobs, captured: capturedOf(spec, vm, sha256(manifest), sizeBytes) }
}

function layersOf({ kind, instance, slot }: CaptureSpec, vm: SimulatedVm): Layer[] {
  const { memoryBytes: _, ...machine } = simulatedMachine(vm.memoryBytes)
  return [
    { mediaType: LAYER_TYPES.machine, bytes: toJson(machine) },
    { mediaType: LAYER_TYPES.index, bytes: toJson({ simulated: true, kind }) },
    {
      mediaType: LAYER_TYPES.memory,
      bytes: toJson({ instance, slot: slot.id, kind, at: Date.now() }),
    },
  ]
}

const describe = ({ mediaType, bytes }: Layer) => ({ mediaType, digest: sha256(bytes), size: bytes.length })

async function writeBlob({ bytes }: Layer, folder: string): Promise<Artifact['blobs'][number]> {
  const digest = sha256(bytes)
  const path = join(folder, digest.replace(':', '-'))
  await writeFile(path, bytes)
  return { digest, sizeBytes: bytes.length, path }
}

const noStats = {
  memoryPages: 1,
  diskPages: 0,
  zeroPages: 0,
  basePages: 0,
  duplicatePages: 0,
  literalPages: 1,
  literalBytes: 4096,
}

function capturedOf({ kind, base }: CaptureSpec, vm: SimulatedVm, digest: Digest, sizeBytes: number): Captured {
  return {
    digest,
    ...(kind === 'overlay' && { baseDigest: base, stats: { ...noStats, storedBytes: sizeBytes } }),
    machine: simulatedMachine(vm.memoryBytes),
    hasAgent: true,
    sizeBytes,
    diskBytes: vm.diskBytes,
    pauseMs: 0,
  }
}
