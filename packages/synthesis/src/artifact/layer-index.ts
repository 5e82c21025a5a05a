/** The index of an artifact: the spaces it describes and, per layer, where its segments lie. */
import { z } from 'zod'
import type { SynthesisErrorCode } from '../error.ts'
import { SynthesisError } from '../error.ts'
import type { Layers } from './manifest.ts'

/** A segment is decompressed as a whole: this bounds what one can ask for. */
export const MAX_SEGMENT_RAW_BYTES = 8 << 20
const MAX_SEGMENT_BYTES = MAX_SEGMENT_RAW_BYTES + (1 << 16)
/** Page numbers of both spaces together fit 32 bits. */
const MAX_SPACE_BYTES = { memory: 2 ** 40, disk: 2 ** 43 }
/** The state is held in memory: devices and small RAM blocks. */
const MAX_STATE_SEGMENTS = 64

const segmentSchema = z.strictObject({
  offset: z.int().nonnegative(),
  lengthBytes: z.int().positive().max(MAX_SEGMENT_BYTES),
  rawBytes: z.int().positive().max(MAX_SEGMENT_RAW_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const segments = z.array(segmentSchema).max(1 << 20)
const space = (maxBytes: number) => z.strictObject({ sizeBytes: z.int().nonnegative().max(maxBytes) })

const layerIndexSchema = z.strictObject({
  version: z.literal(1),
  spaces: z.strictObject({ memory: space(MAX_SPACE_BYTES.memory), disk: space(MAX_SPACE_BYTES.disk) }),
  /** The RAM section of the state and the offset in the state at which changed pages are put in. */
  splice: z.strictObject({ offset: z.int().nonnegative(), sectionId: z.int().nonnegative().max(0xffff_ffff) }),
  segments: z.strictObject({
    state: segments.max(MAX_STATE_SEGMENTS),
    memory: segments,
    disk: segments,
    hashes: segments,
  }),
})

/** A compressed piece of a layer: `lengthBytes` at `offset`, `rawBytes` when decompressed; `sha256` is of the piece. */
export type Segment = z.infer<typeof segmentSchema>
export type LayerIndex = z.infer<typeof layerIndexSchema>
export type SegmentedLayer = keyof LayerIndex['segments']

export const writeLayerIndex = (index: LayerIndex): Buffer => Buffer.from(JSON.stringify(index))

/** Throws with `code` unless the segments of each layer lie end to end and fill it. */
export function readLayerIndex(bytes: Buffer, layers: Layers, code: SynthesisErrorCode): LayerIndex {
  const index = parse(bytes, code)
  for (const name of Object.keys(index.segments) as SegmentedLayer[]) {
    let end = 0
    for (const segment of index.segments[name]) {
      if (segment.offset !== end) throw new SynthesisError(code, `The segments of layer ${name} do not lie end to end`)
      end += segment.lengthBytes
    }
    if (end !== (layers[name]?.sizeBytes ?? 0)) throw new SynthesisError(code, `Layer ${name} has another size`)
  }
  return index
}

function parse(bytes: Buffer, code: SynthesisErrorCode): LayerIndex {
  try {
    return layerIndexSchema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new SynthesisError(code, 'The index cannot be read', { cause })
  }
}
