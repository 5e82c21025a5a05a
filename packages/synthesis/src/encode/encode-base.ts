import type { Annotations } from '../artifact/manifest.ts'
import type { Capture } from '../capture-memory.ts'
import { openImagePages } from '../disk/open-image-pages.ts'
import { openRawPages } from '../disk/page-reader.ts'
import type { MachineIdentity } from '../machine.ts'
import type { EncodedArtifact } from './encode-artifact.ts'
import { encodeArtifact } from './encode-artifact.ts'
import { captureMachine } from './capture-machine.ts'

export type BaseEncoding = {
  capture: Capture
  /** Raw, or a qcow2 image without a backing file. */
  diskPath: string
  machine: MachineIdentity
  /** Of the manifest. */
  annotations?: Annotations
  outDir: string
  /** zstd's; 3 unless given */
  level?: number
}

/** Makes a base of a captured VM: an overlay on nothing, plus the hashes of its pages. Blobs appear in `outDir`. */
export async function encodeBase({
  capture,
  diskPath,
  machine,
  annotations,
  outDir,
  level,
}: BaseEncoding): Promise<EncodedArtifact> {
  const disk = openImagePages(diskPath)
  const memory = openRawPages(capture.memoryPath)
  try {
    return await encodeArtifact({
      kind: 'base',
      capture,
      machine: captureMachine(capture, machine),
      spaces: { memory: { sizeBytes: capture.memoryBytes }, disk: { sizeBytes: disk.sizeBytes } },
      scans: {
        memory: {
          target: memory,
          base: undefined,
          mayDiffer: (page) => capture.wasSent(page) && !capture.isZero(page),
        },
        disk: { target: disk, base: undefined, mayDiffer: disk.isAllocated },
      },
      annotations,
      outDir,
      level,
    })
  } finally {
    memory.close()
    disk.close()
  }
}
