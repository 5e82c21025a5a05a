import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { SynthesisErrorCode } from '../error.ts'
import { SynthesisError } from '../error.ts'
import type { Descriptor } from './manifest.ts'
import { digestOf } from './manifest.ts'

export type ByteRange = { offset: number; lengthBytes: number }

/** Where layers come from: a folder, a registry. Retrying and resuming are the source's own matter. */
export type LayerSource = {
  read(layer: Descriptor, range: ByteRange): AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>
}

/** Several segments: only one that lies across two reads has to be put together. */
const READ_BYTES = 4 << 20

/** Blobs as an OCI image layout keeps them: `<dir>/sha256/<hex>`. */
export const fileLayerSource = (dir: string): LayerSource => ({
  read: (layer, { offset, lengthBytes }) =>
    lengthBytes === 0
      ? noBytes()
      : createReadStream(blobPath(dir, layer.digest), {
          start: offset,
          end: offset + lengthBytes - 1,
          highWaterMark: READ_BYTES,
        }),
})

export const blobPath = (dir: string, digest: string): string => join(dir, ...digest.split(':'))

/** A small layer as a whole, proven by its digest. */
export async function readWholeLayer(options: {
  source: LayerSource
  layer: Descriptor
  maxBytes: number
  code: SynthesisErrorCode
}): Promise<Buffer> {
  const { source, layer, maxBytes, code } = options
  if (layer.sizeBytes > maxBytes) throw new SynthesisError(code, `Layer ${layer.digest} is larger than ${maxBytes}`)
  const chunks: Buffer[] = []
  let received = 0
  for await (const chunk of await source.read(layer, { offset: 0, lengthBytes: layer.sizeBytes })) {
    received += chunk.length
    if (received > layer.sizeBytes) break
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (digestOf(bytes) !== layer.digest) throw new SynthesisError(code, `Layer ${layer.digest} has another content`)
  return bytes
}

async function* noBytes(): AsyncGenerator<Buffer> {
  return
}
