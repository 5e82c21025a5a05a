import type { ByteRange } from '@bramble/kit'

/** `0-99` of a chunk's Content-Range (OCI distribution specification, "Pushing a blob in chunks"). */
export function readChunkRange(header: string): ByteRange | undefined {
  const [, start, end] = /^(\d{1,15})-(\d{1,15})$/.exec(header) ?? []
  if (start === undefined || Number(end) < Number(start)) return undefined
  return { start: Number(start), end: Number(end) }
}
