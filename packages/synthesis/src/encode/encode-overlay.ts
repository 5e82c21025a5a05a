import { readFile } from 'node:fs/promises'
import type { Annotations } from '../artifact/manifest.ts'
import type { BaseFiles } from '../base/base-files.ts'
import { PageHashes } from '../base/page-hashes.ts'
import type { Capture } from '../capture-memory.ts'
import type { PageReader } from '../disk/page-reader.ts'
import { joinPages, openRawPages } from '../disk/page-reader.ts'
import type { Qcow2Pages } from '../disk/qcow2-pages.ts'
import { openQcow2Pages } from '../disk/qcow2-pages.ts'
import { SynthesisError } from '../error.ts'
import { numberPages, totalPages } from '../page.ts'
import type { EncodedArtifact } from './encode-artifact.ts'
import { encodeArtifact } from './encode-artifact.ts'
import type { Machine } from '../machine.ts'
import { captureMachine } from './capture-machine.ts'

export type OverlayEncoding = {
  capture: Capture
  base: BaseFiles
  /** qcow2 on the base's raw disk, taken while the VM was paused. */
  diskDeltaPath: string
  outDir: string
  /** Of the QEMU that was captured, when it is newer than the base's. */
  qemuVersion?: string
  /** Of the manifest. */
  annotations?: Annotations
  /** zstd's; 3 unless given */
  level?: number
}

/** Makes an overlay of a captured VM that was started from `base`. Blobs appear in `outDir`. */
export async function encodeOverlay(encoding: OverlayEncoding): Promise<EncodedArtifact> {
  const { capture, base, annotations, outDir, level } = encoding
  mustBeOnBase(encoding)
  const hashes = new PageHashes(await readFile(base.hashesPath))
  const opened = openAll(encoding)
  const { memory, disk, baseMemory, baseDisk } = opened
  const scans = {
    memory: { target: memory, base: baseMemory, mayDiffer: mayDifferInMemory(capture, base, hashes) },
    disk: { target: disk, base: baseDisk, mayDiffer: disk.isAllocated },
  }
  const basePages = { pages: joinPages(baseMemory, baseDisk), hashes, descriptor: base.descriptor }
  const common = { kind: 'overlay', capture, spaces: base.spaces, annotations, outDir, level } as const
  try {
    return await encodeArtifact({ ...common, machine: overlayMachine(encoding), scans, base: basePages })
  } finally {
    for (const pages of Object.values(opened)) pages.close()
  }
}

function overlayMachine({ capture, base, qemuVersion = base.machine.qemuVersion }: OverlayEncoding): Machine {
  return captureMachine(capture, { ...base.machine, qemuVersion })
}

/** Not those that were never sent, nor those that are zero here and in the base. */
function mayDifferInMemory(capture: Capture, base: BaseFiles, hashes: PageHashes): (page: number) => boolean {
  const filledInBase = hashes.hashedPages(totalPages(numberPages(base.spaces)))
  return (page) => capture.wasSent(page) && (!capture.isZero(page) || filledInBase.has(page))
}

function openAll({ capture, base, diskDeltaPath }: OverlayEncoding) {
  const baseDisk = openRawPages(base.diskPath)
  const disk = openDelta(diskDeltaPath, base, baseDisk)
  return { disk, baseDisk, baseMemory: openRawPages(base.memoryPath), memory: openRawPages(capture.memoryPath) }
}

/** Small blocks may differ (a device more, say): the state carries them and the overlay's machine names them. */
function mustBeOnBase({ capture, base }: OverlayEncoding): void {
  const isSameType = capture.machineType === base.machine.machineType
  if (isSameType && capture.memoryBytes === base.spaces.memory.sizeBytes) return
  throw new SynthesisError('base_mismatch', 'The captured machine is not that of the base')
}

function openDelta(path: string, base: BaseFiles, baseDisk: PageReader): Qcow2Pages {
  try {
    const disk = openQcow2Pages(path, baseDisk)
    if (disk.sizeBytes === base.spaces.disk.sizeBytes) return disk
    disk.close()
    throw new SynthesisError('base_mismatch', `The disk has ${disk.sizeBytes} bytes, that of the base has another size`)
  } catch (error) {
    baseDisk.close()
    throw error
  }
}
