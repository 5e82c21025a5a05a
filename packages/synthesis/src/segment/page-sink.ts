/**
 * What pages are written into: QEMU's memory, a disk delta, a raw file. The calls are synchronous and only fill
 * buffers, as there may be tens of thousands of them; `settle` is awaited between batches and is where a slow
 * receiver slows everything down.
 */
export type PageSink = {
  /** `bytes` holds consecutive whole pages and may be reused by the caller afterwards. */
  write(firstPage: number, bytes: Buffer): void
  writeZeros(firstPage: number, pageCount: number): void
  settle(): Promise<void> | undefined
}
