// Bases, overlays and disks on this node: fetched from neighbours or the master when they are first needed, kept for the
// next time.
//
//   <dir>/bases/<hex>/      a materialized base (packages/synthesis): raw disk, memory, state
//   <dir>/overlays/<hex>/   an overlay as it was sent: manifest.json, sha256/<hex of each layer>
//   <dir>/disks/<hex>       an image to boot from, inspected
//   <dir>/layers/<hex>/     a base as it was sent, for neighbours; only where neighbours share
//
// <hex> is the digest of the manifest, or of the image. Whatever has such a name is complete and verified; what is
// still arriving ends in `.partial`. One node agent owns the folder.
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { maxDiskBytes } from '@bramble/contracts'
import type { Digest, Repository } from '@bramble/contracts'
import { describeError, ProblemError } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import { fileLayerSource, inspectDisk, openBase, readManifest, readMachine } from '@bramble/synthesis'
import type { BaseFiles, Descriptor, LayerSource, Machine, Manifest, OverlayManifest } from '@bramble/synthesis'
import type { Artifact } from '../drivers/driver.ts'
import { downloadDisk } from './download-disk.ts'
import { downloadArtifact } from './download-artifact.ts'
import { createDiskClaims } from './disk-claims.ts'
import { fetchBase } from './fetch-base.ts'
import type { Neighbours } from './neighbours.ts'
import { pushArtifact } from './push-artifact.ts'
import type { PushProgress } from './push-artifact.ts'
import type { RegistryClient } from './registry-client.ts'
import { createShelf } from './shelf.ts'
import { SharedWork } from './shared-work.ts'

export interface ImageCacheOptions {
  dir: string
  registry: RegistryClient
  log: Logger
  /** Where neighbours share: they are asked first, and what they may want is kept. */
  neighbours?: Neighbours
  /** Kept free on the disk. Default: 1 GiB. */
  reserveBytes?: number
  /** Largest virtual disk that may be booted. Default: 64 GiB. */
  maxVirtualBytes?: number
}

export interface CachedOverlay {
  manifest: OverlayManifest
  source: LayerSource
  /** Of the manifest of the base it was made on. */
  base: Digest
}

export type ImageCache = Awaited<ReturnType<typeof createImageCache>>

const gibibyte = 1024 ** 3

export async function createImageCache(options: ImageCacheOptions) {
  const { dir, registry, neighbours, log, reserveBytes = gibibyte, maxVirtualBytes = maxDiskBytes } = options
  const closing = new AbortController()
  const { signal } = closing
  const bases = new SharedWork<BaseFiles>()
  const disks = new SharedWork<string>()
  const overlays = new SharedWork<CachedOverlay>()
  const arriving = new Set<Promise<void>>()
  const space = createDiskClaims(dir, reserveBytes)
  await prepareFolders(dir)

  const pathOf = (kind: Kind, digest: Digest) => join(dir, kind, digest.slice('sha256:'.length))

  const pullLayer = (repository: Repository, { digest, sizeBytes }: Descriptor) =>
    registry.pullBlob({ repository, digest, offset: 0, lengthBytes: sizeBytes, signal })

  const remoteSource = (repository: Repository): LayerSource => ({
    read: ({ digest }, range) => registry.pullBlob({ repository, digest, ...range, signal }),
  })

  async function pullManifest<K extends Manifest['kind']>(kind: K, digest: Digest) {
    const bytes = await registry.pullManifest(`${kind}s`, digest, signal).catch((error: unknown) => {
      const isUnknown = kind === 'base' && error instanceof ProblemError && error.code === 'blob_unknown'
      throw isUnknown ? new ProblemError('base_unknown', `There is no base ${digest}.`, { cause: error }) : error
    })
    return { bytes, manifest: asKind(kind, readManifest(bytes)) }
  }

  /** How the layers of an artifact come: whole from a neighbour, or else from the master. */
  const comingFrom = (repository: Repository) => ({
    pull: (layer: Descriptor) => pullLayer(repository, layer),
    ...(neighbours && {
      takeNearby: ({ digest, sizeBytes }: Descriptor, path: string) =>
        neighbours.take({ repository, digest: digest as Digest, sizeBytes, path, signal }),
    }),
  })

  const pullBase = async (digest: Digest): Promise<BaseFiles> => {
    const { bytes, manifest } = await pullManifest('base', digest)
    const layers = { dir: pathOf('layers', digest), manifestBytes: bytes, ...comingFrom('bases') }
    return fetchBase({
      ...{ manifest, dir: pathOf('bases', digest), space, remote: remoteSource('bases'), log },
      ...(neighbours && { layers }),
    })
  }

  const fetchOverlay = async (digest: Digest): Promise<CachedOverlay> => {
    const { bytes, manifest } = await pullManifest('overlay', digest)
    const needBytes = Object.values(manifest.layers).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    using claim = new DisposableStack()
    claim.use(await space.claim(`The overlay ${digest}`, needBytes))
    const target = { manifest, manifestBytes: bytes, dir: pathOf('overlays', digest) }
    const { source, finished } = await downloadArtifact({ ...target, ...comingFrom('overlays') })
    keepUntilFinished(digest, finished, claim.move())
    return { manifest, source, base: manifest.base.digest as Digest }
  }

  /** Until then whoever asks gets the source that follows the download. */
  const keepUntilFinished = (digest: Digest, finished: Promise<void>, claim: Disposable) => {
    const settled = finished
      .catch((error: unknown) => log.warn({ digest }, `overlay not kept: ${describeError(error)}`))
      .finally(() => {
        claim[Symbol.dispose]()
        overlays.forget(digest)
        arriving.delete(settled)
      })
    arriving.add(settled)
  }

  const fetchDisk = async (digest: Digest): Promise<string> => {
    const path = pathOf('disks', digest)
    const sizeBytes = await registry.blobSize('disks', digest, signal)
    using _space = await space.claim(`The disk ${digest}`, sizeBytes)
    const pull = () => registry.pullBlob({ repository: 'disks', digest, offset: 0, lengthBytes: sizeBytes, signal })
    await downloadDisk({ digest, path, pull, maxVirtualBytes })
    return path
  }

  const cachedOverlay = async (digest: Digest): Promise<CachedOverlay> => {
    const folder = pathOf('overlays', digest)
    const manifest = asKind('overlay', readManifest(await readFile(join(folder, 'manifest.json'))))
    return { manifest, source: fileLayerSource(folder), base: manifest.base.digest as Digest }
  }

  const base = (digest: Digest): Promise<BaseFiles> =>
    bases.once(digest, async () =>
      (await exists(pathOf('bases', digest))) ? openBase(pathOf('bases', digest)) : pullBase(digest),
    )

  return {
    /** Of the disk on which it lies. */
    space,
    reserveBytes,

    /** The base's files, fetched and written once however many ask. Rejects with base_unknown, base_corrupt, insufficient_disk. */
    base,

    /** The overlay's manifest and layers; on first use the layers can be read while they are still arriving. */
    overlay: (digest: Digest): Promise<CachedOverlay> =>
      overlays.keep(digest, async () => {
        if (!(await exists(pathOf('overlays', digest)))) return fetchOverlay(digest)
        const overlay = await cachedOverlay(digest)
        overlays.forget(digest)
        return overlay
      }),

    /** What neighbours may take. */
    shelf: createShelf(['overlays', 'layers'].map((kind) => join(dir, kind))),

    /** Path of an image that was found fit to be opened. Rejects with disk_* and insufficient_disk. */
    disk: (digest: Digest): Promise<string> =>
      disks.once(digest, async () => {
        const path = pathOf('disks', digest)
        if (!(await exists(path))) return fetchDisk(digest)
        await inspectDisk(path, { maxVirtualBytes })
        return path
      }),

    /** The machine a base was taken on, without fetching its disk and memory. */
    async machine(digest: Digest): Promise<Machine> {
      if (await exists(pathOf('bases', digest))) return (await base(digest)).machine
      return readMachine((await pullManifest('base', digest)).manifest, remoteSource('bases'))
    },

    /** Removes a copy that was found damaged, so that it is fetched again. */
    forgetOverlay: (digest: Digest): Promise<void> => rm(pathOf('overlays', digest), { recursive: true, force: true }),

    pushArtifact: (artifact: Artifact, repository: Repository, onProgress?: PushProgress): Promise<Digest> =>
      pushArtifact({ registry, artifact, repository, onProgress, signal }),

    async list(): Promise<{ bases: Digest[]; overlays: Digest[] }> {
      return { bases: await listDigests(join(dir, 'bases')), overlays: await listDigests(join(dir, 'overlays')) }
    },

    /** Ends what is under way and waits for its end. */
    async close(): Promise<void> {
      closing.abort(new ProblemError('unavailable', 'The agent is stopping.'))
      await Promise.all(arriving)
    },
  }
}

type Kind = 'bases' | 'overlays' | 'disks' | 'layers'
const kinds: Kind[] = ['bases', 'overlays', 'disks', 'layers']

// QEMU runs as another user: it reaches files by their path, and lists nothing.
async function prepareFolders(dir: string): Promise<void> {
  for (const kind of kinds) {
    await mkdir(join(dir, kind), { recursive: true, mode: 0o711 })
    const leftOver = (await readdir(join(dir, kind))).filter((name) => name.endsWith('.partial'))
    for (const name of leftOver) await rm(join(dir, kind, name), { recursive: true, force: true })
  }
}

function asKind<K extends Manifest['kind']>(kind: K, manifest: Manifest): Extract<Manifest, { kind: K }> {
  if (manifest.kind === kind) return manifest as Extract<Manifest, { kind: K }>
  throw new ProblemError('manifest_invalid', `It is the manifest of a ${manifest.kind}, not of a ${kind}.`)
}

async function listDigests(dir: string): Promise<Digest[]> {
  const names = await readdir(dir)
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => `sha256:${name}` as Digest)
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
