// Pulls a range of a blob as a stream. A connection that breaks, or falls silent, is taken up again with a Range
// request at the first byte that has not arrived, as long as every few tries bring something.
import { ProblemError } from '@bramble/kit'
import { idleTimeoutOf, sendRequest, TransientRegistryError } from './registry-request.ts'
import type { RegistryAccess } from './registry-request.ts'
import { Tries } from './retry-transient.ts'

export interface BlobRange {
  repository: string
  digest: string
  offset: number
  lengthBytes: number
  signal?: AbortSignal | undefined
}

export async function* pullBlob(access: RegistryAccess, range: BlobRange): AsyncGenerator<Buffer> {
  const end = range.offset + range.lengthBytes
  const tries = new Tries(access.retry)
  for (let offset = range.offset; offset < end;) {
    try {
      for await (const chunk of openRange(access, range, offset, end)) {
        if (offset + chunk.length > end) throw new ProblemError('digest_mismatch', `${range.digest} is too long.`)
        offset += chunk.length
        tries.progressed()
        yield chunk
      }
      if (offset < end) throw new TransientRegistryError(`${range.digest} ended ${end - offset} bytes early`)
    } catch (error) {
      await tries.pause(error, range.signal)
    }
  }
}

async function* openRange(access: RegistryAccess, range: BlobRange, offset: number, end: number) {
  const { repository, digest, signal } = range
  const response = await sendRequest(access, {
    method: 'GET',
    target: `/v2/${repository}/blobs/${digest}`,
    headers: { range: `bytes=${offset}-${end - 1}` },
    expect: [200, 206],
    signal,
  })
  if (response.status === 200 && offset > 0) throw new ProblemError('unavailable', 'The registry ignores Range.')
  const reader = response.body!.getReader()
  try {
    for (;;) {
      const { done, value } = await readInTime(reader, idleTimeoutOf(access), signal)
      if (done) return
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>

async function readInTime(reader: Reader, idleTimeoutMs: number, signal: AbortSignal | undefined) {
  const timer = setTimeout(() => void reader.cancel(new Error('idle')).catch(() => {}), idleTimeoutMs)
  try {
    return await reader.read()
  } catch (cause) {
    signal?.throwIfAborted()
    throw new TransientRegistryError('the connection broke', { cause })
  } finally {
    clearTimeout(timer)
  }
}
