// Brings the layers of an overlay, or of a base, onto the node while they are being used: every layer is downloaded into
// a folder of a temporary name, and synthesis reads the same files behind the bytes that arrive. The folder gets its
// name when all layers are there and have their digests; until then it counts for nothing, and a failure removes it.
//
// What comes from the master can be read at once: synthesis checks each piece. What comes from a neighbour is nobody's
// to read until all of a layer has been found right, so that a wrong one costs a second download and no launch.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blobPath, SynthesisError } from '@bramble/synthesis'
import type { Descriptor, LayerSource, Manifest } from '@bramble/synthesis'
import { GrowingFile } from './growing-file.ts'

export interface ArtifactDownload {
  source: LayerSource
  /** Settles when all layers are in the cache, or the download failed and is removed. */
  finished: Promise<void>
}

export interface ArtifactToDownload {
  manifest: Pick<Manifest, 'kind' | 'layers'>
  manifestBytes: Buffer
  dir: string
  pull: (layer: Descriptor) => AsyncIterable<Buffer>
  /** Writes a whole layer to a file, proven by its digest; false when it is not to be had this way. */
  takeNearby?: (layer: Descriptor, path: string) => Promise<boolean>
}

export async function downloadArtifact(artifact: ArtifactToDownload): Promise<ArtifactDownload> {
  const { manifest, manifestBytes, dir } = artifact
  const partialDir = `${dir}.partial`
  await rm(partialDir, { recursive: true, force: true })
  await mkdir(join(partialDir, 'sha256'), { recursive: true })
  const layers = new Map(Object.values(manifest.layers).map((layer) => [layer.digest, layer]))
  const files = new Map<string, GrowingFile>()
  for (const { digest } of layers.values()) {
    files.set(digest, new GrowingFile(blobPath(partialDir, digest), blobPath(dir, digest)))
  }

  const fillAll = async () => {
    const fills = [...layers.values()].map((layer) => fill(files.get(layer.digest)!, layer, artifact))
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

async function fill(file: GrowingFile, layer: Descriptor, artifact: ArtifactToDownload): Promise<void> {
  const { manifest, pull, takeNearby } = artifact
  if (takeNearby && (await takeNearby(layer, file.path))) return file.isFilled(layer.sizeBytes)
  const found = `sha256:${await file.fill(pull(layer))}`
  if (found === layer.digest) return
  throw new SynthesisError(`${manifest.kind}_corrupt`, `Layer ${layer.digest} arrived as ${found}`)
}
