/**
 * Writes the disk of an instance: a qcow2 image (version 3) on the base's raw disk. Source: QEMU 10.0,
 * docs/interop/qcow2.rst. Clusters are pages, so that an overlay's page is neither read back nor padded.
 *
 *   header | L1 table | data clusters in order of arrival | L2 tables | refcount blocks | refcount table
 *
 * The file is written from front to back; header and L1 come last, over the empty ones. The file exists and is a valid
 * empty image from `open` on, in place: a QEMU that waits for its memory has it open already, and reads the tables
 * again when it takes over.
 */
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { PAGE_BYTES, PAGES_PER_BATCH } from '../page.ts'
import type { PageSink } from '../segment/page-sink.ts'
import { deltaHeader, refcountArea } from './delta-layout.ts'

const ENTRIES = PAGE_BYTES / 8
const BUFFER_BYTES = PAGES_PER_BATCH * PAGE_BYTES
/** The high half of an L2 entry: the cluster belongs to this image alone (bit 63). */
const COPIED = 0x8000_0000
const ZERO_ENTRY = 1

export type DeltaTarget = { path: string; sizeBytes: number; basePath: string }

export class DeltaWriter implements PageSink {
  readonly #target: DeltaTarget
  readonly #file: FileHandle
  readonly #l1Entries: number
  readonly #tables = new Map<number, Buffer>()
  #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #used = 0
  #end: number
  #writing: Promise<unknown> | undefined

  private constructor(target: DeltaTarget, file: FileHandle) {
    this.#target = target
    this.#file = file
    this.#l1Entries = Math.max(1, Math.ceil(target.sizeBytes / (ENTRIES * PAGE_BYTES)))
    this.#end = PAGE_BYTES + this.#l1Bytes
  }

  /** Creates the file or takes the one that is there, emptied. */
  static async open(target: DeltaTarget): Promise<DeltaWriter> {
    const writer = new DeltaWriter(target, await openInPlace(target.path))
    const end = writer.#end
    await writer.#writeTables()
    writer.#end = end
    return writer
  }

  write(firstPage: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
      this.#setEntry(firstPage + at / PAGE_BYTES, this.#end, COPIED)
      if (this.#used === BUFFER_BYTES) this.#flush()
      bytes.copy(this.#buffer, this.#used, at, at + PAGE_BYTES)
      this.#used += PAGE_BYTES
      this.#end += PAGE_BYTES
    }
  }

  writeZeros(firstPage: number, pageCount: number): void {
    for (let page = firstPage; page < firstPage + pageCount; page += 1) this.#setEntry(page, ZERO_ENTRY, 0)
  }

  settle(): Promise<void> | undefined {
    return this.#writing && this.#whenWritten()
  }

  async finish(): Promise<void> {
    this.#flush()
    await this.settle()
    await this.#writeTables()
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  get #l1Bytes(): number {
    return Math.ceil((this.#l1Entries * 8) / PAGE_BYTES) * PAGE_BYTES
  }

  #setEntry(page: number, offset: number, highFlags: number): void {
    const index = Math.floor(page / ENTRIES)
    let table = this.#tables.get(index)
    if (table === undefined) this.#tables.set(index, (table = Buffer.alloc(PAGE_BYTES)))
    writeEntry(table, page % ENTRIES, offset, highFlags)
  }

  /** Writes follow one another, so that a failed one is seen by the next `settle`. */
  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#used)
    if (bytes.length === 0) return
    const position = this.#end - bytes.length
    const before = this.#writing ?? Promise.resolve()
    this.#writing = before.then(() => this.#writeAt(bytes, position))
    this.#writing.catch(() => undefined)
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#used = 0
  }

  async #whenWritten(): Promise<void> {
    const writing = this.#writing
    await writing
    if (this.#writing === writing) this.#writing = undefined
  }

  async #writeTables(): Promise<void> {
    const l1 = Buffer.alloc(this.#l1Bytes)
    const tables = [...this.#tables]
    tables.forEach(([index], at) => writeEntry(l1, index, this.#end + at * PAGE_BYTES, COPIED))
    await this.#append(Buffer.concat(tables.map(([, table]) => table)))
    const { bytes, tableOffset, tableClusters } = refcountArea(this.#end)
    await this.#append(bytes)
    await this.#file.truncate(this.#end)
    await this.#writeAt(l1, PAGE_BYTES)
    const refcountTable = { offset: tableOffset, clusters: tableClusters }
    const header = deltaHeader({ ...this.#target, l1Entries: this.#l1Entries, refcountTable })
    await this.#writeAt(header, 0)
  }

  async #append(bytes: Buffer): Promise<void> {
    await this.#writeAt(bytes, this.#end)
    this.#end += bytes.length
  }

  async #writeAt(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }
}

function writeEntry(table: Buffer, index: number, offset: number, highFlags: number): void {
  table.writeUInt32BE((Math.floor(offset / 2 ** 32) | highFlags) >>> 0, index * 8)
  table.writeUInt32BE(offset % 2 ** 32, index * 8 + 4)
}

async function openInPlace(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return open(path, 'wx+', 0o600)
  }
}
