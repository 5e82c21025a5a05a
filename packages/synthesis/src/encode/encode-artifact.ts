/** What encoding a base and encoding an overlay have in common: find, deduplicate, compress, describe. */
import { mkdir } from 'node:fs/promises'
import type { LayerIndex, SegmentedLayer } from '../artifact/layer-index.ts'
import { writeLayerIndex } from '../artifact/layer-index.ts'
import type { Annotations, Descriptor, Manifest } from '../artifact/manifest.ts'
import { EMPTY_CONFIG, emptyConfigDescriptor, LAYER_TYPES, MANIFEST_TYPE, writeManifest } from '../artifact/manifest.ts'
import type { PageHashes } from '../base/page-hashes.ts'
import { sortByHash } from '../base/page-hashes.ts'
import type { Capture } from '../capture-memory.ts'
import type { PageReader } from '../disk/page-reader.ts'
import { joinPages } from '../disk/page-reader.ts'
import type { Machine } from '../machine.ts'
import type { Spaces } from '../page.ts'
import { numberPages } from '../page.ts'
import { buildSegments } from './build-segments.ts'
import type { EncodeStats } from './encode-stats.ts'
import { countPages } from './encode-stats.ts'
import { findCopies } from './find-copies.ts'
import type { WrittenLayer } from './layer-writer.ts'
import { LayerWriter, writeBlob } from './layer-writer.ts'
import type { Scan } from './scan-pages.ts'
import { ChangedPages, scanPages } from './scan-pages.ts'

export type EncodedArtifact = {
  /** The bytes to be pushed last; they lie in `outDir` as a blob, too. */
  manifest: Buffer
  descriptor: Descriptor
  /** The config and every layer, to be pushed before the manifest. */
  blobs: WrittenLayer[]
  stats: EncodeStats
}

export type Encoding = {
  kind: Manifest['kind']
  capture: Capture
  machine: Machine
  spaces: Spaces
  scans: { memory: Omit<Scan, 'offset'>; disk: Omit<Scan, 'offset'> }
  base?: { pages: PageReader; hashes: PageHashes; descriptor: Descriptor }
  annotations?: Annotations
  outDir: string
  /** zstd's; 3 unless given */
  level?: number
}

const STATE_SEGMENT_BYTES = 4 << 20

export async function encodeArtifact(encoding: Encoding): Promise<EncodedArtifact> {
  const started = performance.now()
  const writers = makeWriters(encoding)
  try {
    await mkdir(encoding.outDir, { recursive: true })
    const counts = await writePages(encoding, writers)
    for (const piece of cutBytes(encoding.capture.state)) await writers.state.add(piece)
    const artifact = await describe(encoding, writers)
    const compressedBytes = artifact.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return { ...artifact, stats: { ...counts, compressedBytes, elapsedMs: performance.now() - started } }
  } catch (error) {
    await Promise.all(Object.values(writers).map((writer) => writer.discard()))
    throw error
  }
}

type Writers = Record<SegmentedLayer, LayerWriter>

function makeWriters({ outDir, level = 3 }: Encoding): Writers {
  const make = (name: SegmentedLayer) => new LayerWriter(name, { outDir, level })
  return { state: make('state'), memory: make('memory'), disk: make('disk'), hashes: make('hashes') }
}

async function writePages({ kind, spaces, scans, base }: Encoding, writers: Writers) {
  const { memoryPages } = numberPages(spaces)
  const changed = new ChangedPages()
  await scanPages({ ...scans.memory, offset: 0 }, changed)
  await scanPages({ ...scans.disk, offset: memoryPages }, changed)
  const target = joinPages(scans.memory.target, scans.disk.target)
  const [pages, hashes] = [changed.filled.toArray(), changed.hashes.toArray()]
  const copies = await findCopies({ pages, hashes, target, base })
  for (const { space, raw } of buildSegments({ changed, copies, target, memoryPages })) await writers[space].add(raw)
  if (kind === 'base') for (const piece of cutBytes(toBytes(sortByHash(hashes, pages)))) await writers.hashes.add(piece)
  return countPages(changed, copies, memoryPages)
}

async function describe(encoding: Encoding, writers: Writers): Promise<Omit<EncodedArtifact, 'stats'>> {
  const { kind, capture, machine, spaces, base, annotations, outDir } = encoding
  const written = await Promise.all(Object.values(writers).map((writer) => writer.finish()))
  const { state, memory, disk, hashes } = writers
  const index: LayerIndex = {
    version: 1,
    spaces,
    splice: capture.splice,
    segments: { state: state.segments, memory: memory.segments, disk: disk.segments, hashes: hashes.segments },
  }
  const layers = [
    await writeBlob(outDir, LAYER_TYPES.machine, Buffer.from(JSON.stringify(machine))),
    await writeBlob(outDir, LAYER_TYPES.index, writeLayerIndex(index)),
    ...written.filter((layer) => layer !== undefined),
  ]
  const config = await writeBlob(outDir, emptyConfigDescriptor.mediaType, EMPTY_CONFIG)
  const manifest = writeManifest(kind, layers, { subject: base?.descriptor, annotations })
  const { path: _path, ...descriptor } = await writeBlob(outDir, MANIFEST_TYPE, manifest)
  return { manifest, descriptor, blobs: [config, ...layers] }
}

const toBytes = (keys: BigUint64Array): Buffer => Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength)

function* cutBytes(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += STATE_SEGMENT_BYTES) yield bytes.subarray(at, at + STATE_SEGMENT_BYTES)
}
