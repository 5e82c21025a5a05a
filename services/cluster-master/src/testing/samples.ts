import { createHash } from 'node:crypto'
import { agentAnnotation } from '@bramble/contracts'
import type { Digest, HostFacts, Machine } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { PushedArtifacts } from '../app/pushed-artifacts.ts'

const MiB = 1_048_576

export const sampleHost: HostFacts = {
  hostname: 'pi-01',
  arch: 'x86_64',
  driver: 'simulated',
  accelerator: 'tcg',
  cpus: 8,
  memoryBytes: 65_536 * MiB,
  diskBytes: 500_000 * MiB,
  agentVersion: '0.1.0',
  qemuVersion: '10.0.2',
  libvirtVersion: '11.3.0',
  machineTypes: ['pc-q35-9.2', 'pc-q35-10.0'],
  cpuModels: ['qemu64', 'Nehalem', 'Skylake-Client'],
  advertisedAddress: '127.0.0.1',
  listenerUrl: 'http://127.0.0.1:9',
}

export const sampleMachine: Machine = {
  arch: 'x86_64',
  accelerator: 'tcg',
  machineType: 'pc-q35-10.0',
  cpuModel: 'Nehalem',
  qemuVersion: '10.0.2',
  cpus: 1,
  memoryBytes: 512 * MiB,
  pageBytes: 4096,
  blocks: [{ name: 'base', sizeBytes: 512 * MiB }],
}

/** The one blob that passes for a disk. */
export const sampleDisk = 'a disk'

export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest

export interface SampleArtifacts extends PushedArtifacts {
  pushBlob(content: string): Digest
  /** A base as an agent would push it, or an overlay of one. */
  push(kind: 'base' | 'overlay', options?: { base?: Digest; salt?: string; hasAgent?: boolean }): Digest
  forget(digest: Digest): void
}

/** Blobs in memory. */
export function sampleArtifacts(): SampleArtifacts {
  const blobs = new Map<Digest, Buffer>()
  const pushBlob = (content: string) => {
    const digest = digestOf(content)
    blobs.set(digest, Buffer.from(content))
    return digest
  }
  return {
    pushBlob,
    push: (kind, { base, salt = '', hasAgent } = {}) => {
      const { memoryBytes: _derived, ...machine } = sampleMachine
      const contents = {
        machine: JSON.stringify(machine),
        index: JSON.stringify({ version: 1, spaces: { disk: { sizeBytes: 1000 } } }),
        memory: `memory ${kind} ${salt}`,
      }
      const layers = Object.entries(contents).map(([name, content]) => ({
        mediaType: `application/vnd.bramble.${name}.v1${name === 'memory' ? '' : '+json'}`,
        digest: pushBlob(content),
        size: content.length,
      }))
      const manifest = {
        schemaVersion: 2,
        artifactType: `application/vnd.bramble.${kind}.v1`,
        layers,
        ...(hasAgent !== undefined && { annotations: { [agentAnnotation]: String(hasAgent) } }),
        ...(base && { subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: base, size: 1 } }),
      }
      return pushBlob(JSON.stringify(manifest))
    },
    forget: (digest) => void blobs.delete(digest),
    readManifest: async (_repository, digest) => blobs.get(digest),
    readBlob: async (digest) => blobs.get(digest),
    hasBlob: async (digest) => blobs.has(digest),
    checkDisk: async (digest) => {
      if (String(blobs.get(digest)) !== sampleDisk) throw new ProblemError('disk_not_an_image', `${digest} is no disk.`)
    },
  }
}
