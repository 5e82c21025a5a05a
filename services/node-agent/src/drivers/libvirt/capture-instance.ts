import { chmod, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { agentAnnotation } from '@bramble/contracts'
import type { Captured, Digest, OverlayStats } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { encodeBase, encodeOverlay, inspectDisk, MANIFEST_TYPE } from '@bramble/synthesis'
import type { Capture, EncodedArtifact, EncodeStats, MachineIdentity } from '@bramble/synthesis'
import type { Artifact, CaptureSpec, OnProgress } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import { awaitAgent } from './guest-agent.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { readDomain } from './read-domain.ts'
import type { DomainReading } from './read-domain.ts'
import { runQemuImg } from './run-qemu-img.ts'
import type { Owner } from './slot-files.ts'
import { takeState } from './take-state.ts'

/**
 * An artifact is made once and says for good whether it has an agent. That of a base may start after the service has
 * answered; that of an edited guest has long been there, unless it was just started anew.
 */
const agentPatienceMs = { base: 10_000, overlay: 2000 }

interface Encoded {
  encoded: EncodedArtifact
  diskBytes: number
  baseDigest?: Digest
}

/** Takes a base or an overlay of a running VM, which runs on while its state is encoded. */
export async function captureInstance(context: LibvirtContext, spec: CaptureSpec, onProgress: OnProgress) {
  const { slot, workDir } = spec
  if (spec.kind === 'overlay' && spec.base === undefined) {
    throw new ProblemError('wrong_state', 'An instance that booted from a disk has no base to be compared with.')
  }
  await awaitAgent(context, slot, agentPatienceMs[spec.kind])
  const reading = readDomain(await context.libvirt.domains.xml(domainRef(slot)))!
  // QEMU's user passes through to the socket and the disk, and lists and makes nothing.
  await chmod(workDir, 0o711)
  const frozenDisk = join(workDir, 'frozen.qcow2')
  try {
    onProgress('taking memory and disk')
    const { capture, pauseMs } = await takeState(context, slot, { workDir, frozenDisk })
    try {
      onProgress('comparing and compressing')
      const taken = { capture, frozenDisk, reading }
      const made = spec.kind === 'base' ? await makeBase(context, spec, taken) : await makeOverlay(context, spec, taken)
      return describeArtifact(made, { ...taken, pauseMs, qemuVersion: context.host.host.qemuVersion })
    } finally {
      await capture.discard()
    }
  } finally {
    await rm(frozenDisk, { force: true })
  }
}

interface Taken {
  capture: Capture
  frozenDisk: string
  reading: DomainReading
}

async function makeBase({ host }: LibvirtContext, spec: CaptureSpec, taken: Taken): Promise<Encoded> {
  const { qemuVersion } = host.host
  const flatDisk = join(spec.workDir, 'flat.qcow2')
  await giveTo(host.qemuOwner, taken.frozenDisk)
  await giveTo(host.qemuOwner, flatDisk)
  try {
    await runQemuImg(host.qemuOwner, ['convert', '-q', '-f', 'qcow2', '-O', 'qcow2', taken.frozenDisk, flatDisk])
    const machine: MachineIdentity = { ...identityOf(taken.reading), qemuVersion }
    const { capture } = taken
    const annotations = annotationsOf(taken.reading)
    const encoded = await encodeBase({ capture, diskPath: flatDisk, machine, annotations, outDir: spec.workDir })
    const { virtualSizeBytes } = await inspectDisk(flatDisk, { maxVirtualBytes: Number.MAX_SAFE_INTEGER })
    return { encoded, diskBytes: virtualSizeBytes }
  } finally {
    await rm(flatDisk, { force: true })
  }
}

/** qemu-img runs as QEMU's user, who can make no file here. */
async function giveTo({ uid, gid }: Owner, path: string): Promise<void> {
  await using file = await open(path, 'a', 0o600)
  await file.chown(uid, gid)
}

async function makeOverlay({ images, host }: LibvirtContext, spec: CaptureSpec, taken: Taken): Promise<Encoded> {
  const base = await images.base(spec.base!)
  const encoded = await encodeOverlay({
    capture: taken.capture,
    base,
    diskDeltaPath: taken.frozenDisk,
    annotations: annotationsOf(taken.reading),
    outDir: spec.workDir,
    qemuVersion: host.host.qemuVersion,
  })
  return { encoded, diskBytes: base.spaces.disk.sizeBytes, baseDigest: spec.base! }
}

const annotationsOf = ({ hasAgent }: DomainReading) => ({ [agentAnnotation]: String(hasAgent) })

const identityOf = ({ arch, accelerator, cpuModel, cpus }: DomainReading) => ({ arch, accelerator, cpuModel, cpus })

function describeArtifact(
  { encoded, diskBytes, baseDigest }: Encoded,
  taken: Taken & { pauseMs: number; qemuVersion: string },
): Artifact {
  const { capture, reading, pauseMs, qemuVersion } = taken
  const captured: Captured = {
    digest: encoded.descriptor.digest as Digest,
    ...(baseDigest && { baseDigest }),
    machine: {
      ...identityOf(reading),
      qemuVersion,
      machineType: capture.machineType,
      memoryBytes: capture.memoryBytes,
      pageBytes: 4096,
      blocks: [...capture.blocks],
    },
    hasAgent: reading.hasAgent,
    sizeBytes: encoded.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    diskBytes,
    stats: statsOf(encoded.stats),
    pauseMs,
  }
  const blobs = encoded.blobs.map(({ digest, sizeBytes, path }) => ({ digest: digest as Digest, sizeBytes, path }))
  return { manifest: encoded.manifest, mediaType: MANIFEST_TYPE, blobs, captured }
}

const pageBytes = 4096

function statsOf({ memory, disk, compressedBytes }: EncodeStats): OverlayStats {
  const pages = (kind: keyof typeof memory) => (memory[kind] + disk[kind]) / pageBytes
  const all = (space: typeof memory) => Object.values(space).reduce((sum, bytes) => sum + bytes, 0) / pageBytes
  return {
    memoryPages: all(memory),
    diskPages: all(disk),
    zeroPages: pages('zeroBytes'),
    basePages: pages('baseCopyBytes'),
    duplicatePages: pages('duplicateBytes'),
    literalPages: pages('literalBytes'),
    literalBytes: memory.literalBytes + disk.literalBytes,
    storedBytes: compressedBytes,
  }
}
