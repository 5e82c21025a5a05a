/**
 * fetch | verify | decompress: reads a layer once from front to back, cuts it into its segments, and hands them on in
 * order. A few segments are in work at once (zlib's pool of threads); nothing leaves before its digest was checked.
 */
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdDecompress } from 'node:zlib'
import type { Segment } from '../artifact/layer-index.ts'
import type { LayerSource } from '../artifact/layer-source.ts'
import type { Descriptor } from '../artifact/manifest.ts'
import { Channel } from '../channel.ts'
import type { SynthesisErrorCode } from '../error.ts'
import { SynthesisError } from '../error.ts'
import type { Stopwatch } from '../stopwatch.ts'

const SEGMENTS_IN_WORK = 4
const decompress = promisify(zstdDecompress)

export type LayerRead = {
  source: LayerSource
  layer: Descriptor | undefined
  segments: readonly Segment[]
  code: SynthesisErrorCode
  stopwatch: Stopwatch
}

export async function* readSegments(read: LayerRead): AsyncGenerator<Buffer> {
  if (read.layer === undefined || read.segments.length === 0) return
  const inWork = new Channel<Promise<Buffer>>(SEGMENTS_IN_WORK)
  void produceSegments(read, inWork).then(
    () => inWork.close(),
    (error: unknown) => inWork.close(error),
  )
  for await (const segment of inWork) yield await segment
}

/** The content of a small layer, which is bytes and not pages. */
export async function joinSegments(segments: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of segments) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function produceSegments(read: LayerRead, inWork: Channel<Promise<Buffer>>): Promise<void> {
  for await (const { segment, bytes } of cutSegments(read)) {
    if (!(await inWork.hasRoom())) return
    const work = decodeSegment(bytes, segment, read)
    work.catch(() => undefined) // whoever takes it from the channel sees the failure
    inWork.push(work)
  }
}

async function decodeSegment(bytes: Buffer, segment: Segment, { code, stopwatch }: LayerRead): Promise<Buffer> {
  const isIntact = stopwatch.time('verify', () => hash('sha256', bytes, 'hex') === segment.sha256)
  if (!isIntact) throw new SynthesisError(code, `The segment at ${segment.offset} has another content`)
  const { rawBytes } = segment
  try {
    // One output chunk just larger than the content: zlib then fills it in a single run.
    const options = {
      chunkSize: rawBytes + 64,
      maxOutputLength: rawBytes,
      params: { [constants.ZSTD_d_windowLogMax]: 23 },
    }
    const raw = await stopwatch.timeAsync('decompress', decompress(bytes, options))
    if (raw.length === rawBytes) return raw
  } catch (cause) {
    throw new SynthesisError(code, `The segment at ${segment.offset} cannot be decompressed`, { cause })
  }
  throw new SynthesisError(code, `The segment at ${segment.offset} is shorter than its index says`)
}

async function* cutSegments({ source, layer, segments, code, stopwatch }: LayerRead) {
  const chunks = (await source.read(layer!, { offset: 0, lengthBytes: layer!.sizeBytes }))[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  try {
    for (const segment of segments) {
      const parts = [rest]
      let length = rest.length
      while (length < segment.lengthBytes) {
        const next = await stopwatch.timeAsync('fetch', chunks.next())
        if (next.done) throw new SynthesisError(code, `Layer ${layer!.digest} ends too early`)
        parts.push(next.value)
        length += next.value.length
      }
      const joined = parts.length === 1 ? rest : Buffer.concat(parts)
      rest = joined.subarray(segment.lengthBytes)
      yield { segment, bytes: joined.subarray(0, segment.lengthBytes) }
    }
  } finally {
    await chunks.return?.()
  }
}
