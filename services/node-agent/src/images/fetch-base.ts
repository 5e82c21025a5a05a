// Brings a base onto the node. Where neighbours share, its layers are kept as they came, beside the files that are made
// of them: the next node can take them from here. Where nobody shares they are read from the master and not kept.
import { rm } from 'node:fs/promises'
import { materializeBase, readIndex } from '@bramble/synthesis'
import type { BaseFiles, BaseManifest, LayerSource } from '@bramble/synthesis'
import { describeError } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import type { Claims } from '../claims.ts'
import { downloadArtifact } from './download-artifact.ts'
import type { ArtifactToDownload } from './download-artifact.ts'

export interface BaseToFetch {
  manifest: BaseManifest
  /** Where its files go. */
  dir: string
  space: Claims
  /** The master's. */
  remote: LayerSource
  /** How its layers get into a folder of their own; absent where they are not kept. */
  layers?: Omit<ArtifactToDownload, 'manifest'>
  log: Logger
}

export async function fetchBase(base: BaseToFetch): Promise<BaseFiles> {
  const { manifest, dir, space, remote, layers } = base
  const { segments } = await readIndex(manifest, remote)
  const rawBytes = Object.values(segments)
    .flat()
    .reduce((sum, segment) => sum + segment.rawBytes, 0)
  const layerBytes = Object.values(manifest.layers).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  using _space = await space.claim(`The base ${manifest.descriptor.digest}`, rawBytes + (layers ? layerBytes : 0))
  return layers ? fetchWithLayers(base, layers) : materializeBase({ manifest, source: remote, dir })
}

async function fetchWithLayers({ manifest, dir, log }: BaseToFetch, layers: Omit<ArtifactToDownload, 'manifest'>) {
  // There are some when a crash came before the base was complete.
  await rm(layers.dir, { recursive: true, force: true })
  const { source, finished } = await downloadArtifact({ manifest, ...layers })
  // The base is good without them; neighbours will have to ask elsewhere.
  const kept = finished.catch((error: unknown) => log.warn({ dir }, `layers not kept: ${describeError(error)}`))
  try {
    return await materializeBase({ manifest, source, dir })
  } finally {
    await kept
  }
}
