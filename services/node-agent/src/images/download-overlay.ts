// Brings an overlay onto the node while it is being used: every layer is downloaded into a folder of a temporary name,
// and synthesis reads the same files behind the bytes that arrive. The folder gets its name when all layers are there
// and have their digests; until then it counts for nothing, and a failure removes it.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blobPath, SynthesisError } from '@bramble/synthesis'
import type { Descriptor, LayerSource, OverlayManifest } from '@bramble/synthesis'
import { GrowingFile } from './growing-file.ts'

export interface OverlayDownload {
  source: LayerSource
  /** Settles when the overlay is in the cache, or failed and is removed. */
  finished: Promise<void>
}

export interface OverlayToDownload {
  manifest: OverlayManifest
  manifestBytes: Buffer
  dir: string
  pull: (layer: Descriptor) => AsyncIterable<Buffer>
}

export async function downloadOverlay(overlay: OverlayToDownload): Promise<OverlayDownload> {
  const { manifest, manifestBytes, dir, pull } = overlay
  const partialDir = `${dir}.partial`
  await rm(partialDir, { recursive: true, force: true })
  await mkdir(join(partialDir, 'sha256'), { recursive: true })
  const layers = new Map(Object.values(manifest.layers).map((layer) => [layer.digest, layer]))
  const files = new Map<string, GrowingFile>()
  for (const { digest } of layers.values()) {
    files.set(digest, new GrowingFile(blobPath(partialDir, digest), blobPath(dir, digest)))
  }

  const fillAll = async () => {
    const fills = [...layers.values()].map((layer) => fill(files.get(layer.digest)!, layer, pull))
    const failed = (await Promise.allSettled(fills)).find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
    await writeFile(join(partialDir, 'manifest.json'), manifestBytes, { flush: true })
    await rename(partialDir, dir)
  }
  const finished = fillAll().catch(async (error: unknown) => {
    for (const file of files.values()) file.fail(error)
    await rm(partialDir, { recursive: true, force: true })
    throw error
  })
  return { source: { read: ({ digest }, range) => files.get(digest)!.read(range) }, finished }
}

async function fill(file: GrowingFile, layer: Descriptor, pull: OverlayToDownload['pull']): Promise<void> {
  const found = `sha256:${await file.fill(pull(layer))}`
  if (found === layer.digest) return
  throw new SynthesisError('overlay_corrupt', `Layer ${layer.digest} arrived as ${found}`)
}
