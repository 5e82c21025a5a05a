import { readFile } from 'node:fs/promises'
import type { BaseFiles } from '../base/base-files.ts'
import { PageHashes } from '../base/page-hashes.ts'
import type { Capture } from '../capture-memory.ts'
import { joinPages, openRawPages } from '../disk/page-reader.ts'
import { openQcow2Pages } from '../disk/qcow2-pages.ts'
import { SynthesisError } from '../error.ts'
import type { EncodedArtifact } from './encode-artifact.ts'
import { encodeArtifact } from './encode-artifact.ts'
import { captureMachine } from './capture-machine.ts'

export type OverlayEncoding = {
  capture: Capture
  base: BaseFiles
  /** qcow2 on the base's raw disk, taken while the VM was paused. */
  diskDeltaPath: string
  outDir: string
  /** Of the QEMU that was captured, when it is newer than the base's. */
  qemuVersion?: string
  /** zstd's; 3 unless given */
  level?: number
}

/** Makes an overlay of a captured VM that was started from `base`. Blobs appear in `outDir`. */
export async function encodeOverlay(encoding: OverlayEncoding): Promise<EncodedArtifact> {
  const { capture, base, diskDeltaPath, outDir, level } = encoding
  const machine = captureMachine(capture, {
    ...base.machine,
    ...(encoding.qemuVersion && { qemuVersion: encoding.qemuVersion }),
  })
  mustBeOnBase(encoding)
  const hashes = new PageHashes(await readFile(base.hashesPath))
  const baseMemory = openRawPages(base.memoryPath)
  const baseDisk = openRawPages(base.diskPath)
  const memory = openRawPages(capture.memoryPath)
  const disk = openDelta(diskDeltaPath, base, baseDisk)
  try {
    return await encodeArtifact({
      kind: 'overlay',
      capture,
      machine,
      spaces: base.spaces,
      scans: {
        memory: { target: memory, base: baseMemory, mayDiffer: capture.wasSent },
        disk: { target: disk, base: baseDisk, mayDiffer: disk.isAllocated },
      },
      base: { pages: joinPages(baseMemory, baseDisk), hashes, descriptor: base.descriptor },
      outDir,
      level,
    })
  } finally {
    for (const pages of [memory, disk, baseMemory, baseDisk]) pages.close()
  }
}

/** Small blocks may differ (a device more, say): the state carries them and the overlay's machine names them. */
function mustBeOnBase({ capture, base }: OverlayEncoding): void {
  const isSameType = capture.machineType === base.machine.machineType
  if (isSameType && capture.memoryBytes === base.spaces.memory.sizeBytes) return
  throw new SynthesisError('base_mismatch', 'The captured machine is not that of the base')
}

function openDelta(path: string, base: BaseFiles, baseDisk: ReturnType<typeof openRawPages>) {
  const disk = openQcow2Pages(path, baseDisk)
  if (disk.sizeBytes === base.spaces.disk.sizeBytes) return disk
  disk.close()
  throw new SynthesisError('base_mismatch', `The disk has ${disk.sizeBytes} bytes, that of the base has another size`)
}
