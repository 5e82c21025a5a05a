/**
 * Base + overlay -> a running VM. The pipeline: fetch | verify | decompress | expand | emit. Memory and disk layers are
 * read side by side; pages of memory go into the migration stream of a waiting QEMU, pages of the disk into its delta.
 * Each stage waits for the next one, so memory stays bounded by the few segments in work. Nothing reaches QEMU that was
 * not verified, and the devices come last, when the disk is complete: a stream that broke off starts nothing.
 */
import { readFile } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import type { LayerIndex } from './artifact/layer-index.ts'
import type { LayerSource } from './artifact/layer-source.ts'
import type { OverlayManifest } from './artifact/manifest.ts'
import { readIndex } from './artifact/open-artifact.ts'
import type { BaseFiles } from './base/base-files.ts'
import { DeltaWriter } from './disk/delta-writer.ts'
import { joinPages, openRawPages } from './disk/page-reader.ts'
import { SynthesisError } from './error.ts'
import { numberPages, PAGE_BYTES } from './page.ts'
import { SegmentExpander } from './segment/expand-segment.ts'
import { joinSegments, readSegments } from './segment/read-segments.ts'
import type { StageTimings } from './stopwatch.ts'
import { Stopwatch } from './stopwatch.ts'
import { drained, RamEmitter } from './stream/ram-emitter.ts'

/** `state`: the device state is here; `pages`: the first pages are; `emitted`: QEMU has been given everything. */
export type SynthesisMilestone = 'state' | 'pages' | 'emitted'

export type Synthesis = {
  base: BaseFiles
  /** Without an overlay the base itself is resumed. */
  overlay?: { manifest: OverlayManifest; source: LayerSource }
  /** The instance's disk, a delta on the base's; what is there is replaced in place (see prepareDisk). */
  diskPath: string
  /**
   * A QEMU started with `-incoming`, its memory mapped privately from the base. Ended on success, else destroyed. What
   * was written to it is freed when it says so by the write's callback: a pipe, which passes buffers on, will not do.
   */
  emitTo: Writable
  onMilestone?: (milestone: SynthesisMilestone, elapsedMs: number) => void
}

export type SynthesisResult = {
  elapsedMs: number
  /** How long each stage was busy; they overlap. */
  stages: StageTimings
  emittedMemoryBytes: number
}

/**
 * Puts an empty disk of an instance at `diskPath`, so that QEMU can be started while the overlay is still arriving.
 * The disk is not synced: an instance does not outlive its host.
 */
export async function prepareDisk({ base, diskPath }: Pick<Synthesis, 'base' | 'diskPath'>): Promise<void> {
  const writer = await openDelta(base, diskPath)
  await writer.close()
}

/** Throws `base_mismatch`, `overlay_corrupt`, or what the source or the receiver failed with. */
export async function synthesize(synthesis: Synthesis): Promise<SynthesisResult> {
  const { emitTo } = synthesis
  // Whoever waits for the receiver sees its failure; what becomes of it after the end is not ours.
  emitTo.on('error', () => undefined)
  try {
    return await run(synthesis)
  } catch (error) {
    emitTo.destroy()
    throw error
  }
}

async function run({ base, overlay, diskPath, emitTo, onMilestone }: Synthesis): Promise<SynthesisResult> {
  const started = performance.now()
  const stopwatch = new Stopwatch()
  const reached = (milestone: SynthesisMilestone) => onMilestone?.(milestone, performance.now() - started)
  const disk = await openDelta(base, diskPath)
  try {
    const opened = overlay ? await openOverlay(base, overlay, stopwatch) : await openBareBase(base)
    reached('state')
    const { state, splice } = opened
    const memory = new RamEmitter(emitTo, splice.sectionId)
    emitTo.write(state.subarray(0, splice.offset))
    if (overlay && opened.index) {
      await expandOverlay({ base, overlay, index: opened.index, sinks: { memory, disk }, stopwatch }, () =>
        reached('pages'),
      )
    }
    await stopwatch.timeAsync('disk', disk.finish())
    await memory.finish()
    await stopwatch.timeAsync('emit', endWith(emitTo, state.subarray(splice.offset)))
    reached('emitted')
    const emittedMemoryBytes = memory.pageCount * PAGE_BYTES
    return { elapsedMs: performance.now() - started, stages: stopwatch.timings, emittedMemoryBytes }
  } finally {
    await disk.close()
  }
}

type Opened = { state: Buffer; splice: LayerIndex['splice']; index?: LayerIndex }

async function openBareBase(base: BaseFiles): Promise<Opened> {
  return { state: await readFile(base.statePath), splice: base.splice }
}

async function openOverlay(
  base: BaseFiles,
  overlay: NonNullable<Synthesis['overlay']>,
  stopwatch: Stopwatch,
): Promise<Opened> {
  const { manifest, source } = overlay
  if (manifest.base.digest !== base.descriptor.digest) {
    throw new SynthesisError(
      'base_mismatch',
      `The overlay is on ${manifest.base.digest}, not on ${base.descriptor.digest}`,
    )
  }
  const index = await readIndex(manifest, source)
  if (JSON.stringify(index.spaces) !== JSON.stringify(base.spaces)) {
    throw new SynthesisError('base_mismatch', 'Memory or disk have another size than those of the base')
  }
  const { layers } = manifest
  const segments = readSegments({
    source,
    layer: layers.state,
    segments: index.segments.state,
    code: 'overlay_corrupt',
    stopwatch,
  })
  const state = await joinSegments(segments)
  if (index.splice.offset > state.length) throw new SynthesisError('overlay_corrupt', 'Its state is too short')
  return { state, splice: index.splice, index }
}

type OverlayExpansion = {
  base: BaseFiles
  overlay: NonNullable<Synthesis['overlay']>
  index: LayerIndex
  sinks: { memory: RamEmitter; disk: DeltaWriter }
  stopwatch: Stopwatch
}

async function expandOverlay(expansion: OverlayExpansion, onFirstPages: () => void): Promise<void> {
  const { base, index, sinks, stopwatch } = expansion
  const basePages = joinPages(openRawPages(base.memoryPath), openRawPages(base.diskPath))
  const pages = numberPages(index.spaces)
  const expander = new SegmentExpander({ pages, base: basePages, sinks, code: 'overlay_corrupt', stopwatch })
  let segments = 0
  const expand = (raw: Buffer) => {
    segments += 1
    if (segments === 1) onFirstPages()
    return expander.expand(raw)
  }
  try {
    await expandLayers(expansion, expand)
  } finally {
    basePages.close()
  }
}

/** Side by side; when one fails the other stops, and nothing is in use any more when this rejects. */
async function expandLayers({ overlay, index, stopwatch }: OverlayExpansion, expand: (raw: Buffer) => Promise<void>) {
  const failure = new AbortController()
  const expandLayer = async (name: 'memory' | 'disk') => {
    const { manifest, source } = overlay
    const read = { source, layer: manifest.layers[name], segments: index.segments[name], stopwatch }
    for await (const raw of readSegments({ ...read, code: 'overlay_corrupt' })) {
      failure.signal.throwIfAborted()
      await expand(raw)
    }
  }
  const works = (['memory', 'disk'] as const).map((name) => expandLayer(name).catch((error) => failure.abort(error)))
  await Promise.all(works)
  failure.signal.throwIfAborted()
}

const openDelta = ({ diskPath: basePath, spaces }: BaseFiles, path: string): Promise<DeltaWriter> =>
  DeltaWriter.open({ path, basePath, sizeBytes: spaces.disk.sizeBytes })

async function endWith(out: Writable, bytes: Buffer): Promise<void> {
  if (out.destroyed) await drained(out)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  out.once('close', () => reject(out.errored ?? new Error('The receiver of the stream is gone')))
  out.end(bytes, (error?: Error | null) => (error ? reject(error) : resolve()))
  await promise
}
