import type { Digest } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Master } from '../master.ts'
import { parseManifest } from '../domain/manifest.ts'
import type { ArtifactManifest } from '../domain/manifest.ts'
import { parseDiskBytes, parseMachineLayer } from '../domain/machine-layer.ts'

/** A manifest and every blob that it names were pushed. @throws `blob_unknown`, `manifest_invalid` */
export async function readPushed(
  { artifacts }: Pick<Master, 'artifacts'>,
  kind: ArtifactManifest['kind'],
  digest: Digest,
): Promise<ArtifactManifest> {
  const bytes = await artifacts.readManifest(kind === 'base' ? 'bases' : 'overlays', digest)
  if (!bytes) throw new ProblemError('blob_unknown', `The manifest ${digest} was not pushed.`)
  const manifest = parseManifest(bytes)
  if (manifest.kind !== kind)
    throw new ProblemError('manifest_invalid', `${digest} is a ${manifest.kind}, not a ${kind}.`)
  for (const layer of manifest.layers) {
    if (await artifacts.hasBlob(layer.digest)) continue
    throw new ProblemError('blob_unknown', `The manifest names blob ${layer.digest}, which was not pushed.`)
  }
  return manifest
}

/** What a base document tells, read from what was pushed. */
export async function readPushedBase(master: Pick<Master, 'artifacts'>, digest: Digest) {
  const manifest = await readPushed(master, 'base', digest)
  const [machine, index] = await Promise.all([
    readLayer(master, manifest.machineLayer),
    readLayer(master, manifest.indexLayer),
  ])
  return {
    digest,
    machine: parseMachineLayer(machine),
    ...(manifest.hasAgent !== undefined && { hasAgent: manifest.hasAgent }),
    sizeBytes: manifest.sizeBytes,
    diskBytes: parseDiskBytes(index),
  }
}

async function readLayer({ artifacts }: Pick<Master, 'artifacts'>, digest: Digest): Promise<Uint8Array> {
  const bytes = await artifacts.readBlob(digest)
  if (!bytes) throw new ProblemError('blob_unknown', `There is no blob ${digest}.`)
  return bytes
}
