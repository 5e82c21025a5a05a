/**
 * Brings a base onto a node: fetch | verify | decompress | write. Everything is written into a folder of a temporary
 * name, which is renamed when it is complete and on disk; whoever comes second finds it done.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LayerIndex, SegmentedLayer } from '../artifact/layer-index.ts'
import type { LayerSource } from '../artifact/layer-source.ts'
import type { BaseManifest } from '../artifact/manifest.ts'
import { hasMainBlock, readIndex, readMachine } from '../artifact/open-artifact.ts'
import { SynthesisError } from '../error.ts'
import { numberPages } from '../page.ts'
import { SegmentExpander } from '../segment/expand-segment.ts'
import { joinSegments, readSegments } from '../segment/read-segments.ts'
import { Stopwatch } from '../stopwatch.ts'
import type { BaseDescription, BaseFiles } from './base-files.ts'
import { baseFilePaths, openBase } from './base-files.ts'
import { RawFileWriter } from './raw-file-writer.ts'

export type Materialization = { manifest: BaseManifest; source: LayerSource; dir: string }

/** Throws `base_corrupt` when any byte differs from what the manifest names; `dir` does not exist then. */
export async function materializeBase(materialization: Materialization): Promise<BaseFiles> {
  const { dir } = materialization
  const partialDir = `${dir}.${randomUUID()}.partial`
  await mkdir(partialDir, { recursive: true })
  try {
    await writeBase(materialization, partialDir)
    await putInPlace(partialDir, dir)
  } catch (error) {
    await rm(partialDir, { recursive: true, force: true })
    throw error
  }
  return openBase(dir)
}

async function writeBase({ manifest, source }: Materialization, dir: string): Promise<void> {
  const machine = await readMachine(manifest, source)
  const index = await readIndex(manifest, source)
  const { spaces, splice } = index
  if (!hasMainBlock(machine, spaces.memory.sizeBytes))
    throw new SynthesisError('base_corrupt', 'Its memory has another size')
  const paths = baseFilePaths(dir)
  const read = layerReader(manifest, index, source)
  await writeImages(paths, index, read)
  await writeImmutable(paths.statePath, await joinSegments(read('state')))
  await writeImmutable(paths.hashesPath, await joinSegments(read('hashes')))
  const description: BaseDescription = { descriptor: manifest.descriptor, machine, spaces, splice }
  await writeImmutable(paths.descriptionPath, Buffer.from(JSON.stringify(description)))
}

type LayerReader = (name: SegmentedLayer) => AsyncGenerator<Buffer>

function layerReader(manifest: BaseManifest, index: LayerIndex, source: LayerSource): LayerReader {
  const stopwatch = new Stopwatch()
  return (name) =>
    readSegments({
      source,
      layer: manifest.layers[name],
      segments: index.segments[name],
      code: 'base_corrupt',
      stopwatch,
    })
}

async function writeImages(paths: ReturnType<typeof baseFilePaths>, { spaces }: LayerIndex, read: LayerReader) {
  const sinks = {
    memory: await RawFileWriter.create(paths.memoryPath, spaces.memory.sizeBytes),
    disk: await RawFileWriter.create(paths.diskPath, spaces.disk.sizeBytes),
  }
  const stopwatch = new Stopwatch()
  const expander = new SegmentExpander({
    pages: numberPages(spaces),
    base: undefined,
    sinks,
    code: 'base_corrupt',
    stopwatch,
  })
  try {
    for (const name of ['memory', 'disk'] as const) for await (const raw of read(name)) await expander.expand(raw)
  } finally {
    await Promise.all([sinks.memory.finish(), sinks.disk.finish()])
  }
}

async function writeImmutable(path: string, bytes: Buffer): Promise<void> {
  await writeFile(path, bytes, { mode: 0o444, flush: true })
}

async function putInPlace(partialDir: string, dir: string): Promise<void> {
  await syncFolder(partialDir)
  try {
    await rename(partialDir, dir)
  } catch (error) {
    const isThere = ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (!isThere) throw error
    await rm(partialDir, { recursive: true, force: true })
  }
  await syncFolder(dirname(dir))
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync()
  await folder.close()
}
