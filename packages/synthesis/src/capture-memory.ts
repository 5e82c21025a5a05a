/**
 * Takes the memory of a VM from its migration stream. The guest may be paused meanwhile, so this only drains: main
 * memory goes to a sparse file, the rest is kept as the state. Comparing and compressing is encodeBase's and
 * encodeOverlay's work, afterwards.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { SynthesisError } from './error.ts'
import type { RamBlock } from './machine.ts'
import { MAIN_BLOCK } from './machine.ts'
import { RETURN_PATH_SHUT } from './stream/format.ts'
import { MemorySpool } from './stream/memory-spool.ts'
import { MigrationParser } from './stream/migration-parser.ts'
import type { RamSink } from './stream/ram-record-reader.ts'
import { SmallBlocks } from './stream/small-blocks.ts'

/** The memory of a VM as it was when its stream ended; `discard` removes its file. */
export type Capture = {
  memoryPath: string
  memoryBytes: number
  wasSent(page: number): boolean
  /** Known without reading the file. */
  isZero(page: number): boolean
  /** A migration stream without pages of the main block; they belong at `splice.offset`. */
  state: Buffer
  splice: { offset: number; sectionId: number }
  machineType: string
  blocks: readonly RamBlock[]
  streamBytes: number
  elapsedMs: number
  discard(): Promise<void>
}

const MAX_MEMORY_BYTES = 2 ** 40

/**
 * Resolves when the source has closed its stream; then the VM is still paused, and its disk at rest, until the caller
 * confirms or cancels the migration. Throws `stream_invalid`; nothing is left in `dir` then, and the socket is destroyed.
 */
export async function captureMemory({ socket, dir }: { socket: Duplex; dir: string }): Promise<Capture> {
  const memory = new CapturedRam(join(dir, 'memory.spool'))
  const parser = new MigrationParser(memory)
  const started = performance.now()
  try {
    const streamBytes = await drain(socket, parser)
    memory.close()
    return { ...memory.result(parser), streamBytes, elapsedMs: performance.now() - started }
  } catch (error) {
    socket.destroy()
    memory.close()
    await memory.discard()
    throw error
  }
}

async function drain(socket: Duplex, parser: MigrationParser): Promise<number> {
  let received = 0
  let isAnswered = false
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.length
    parser.push(chunk)
    if (!parser.isComplete || isAnswered) continue
    isAnswered = true
    if (socket.writable) socket.write(RETURN_PATH_SHUT)
  }
  if (!parser.isComplete) throw new SynthesisError('stream_invalid', 'The migration stream ends too early')
  return received
}

class CapturedRam implements RamSink {
  readonly #path: string
  #blocks: readonly RamBlock[] = []
  #main: { spool: MemorySpool; sizeBytes: number } | undefined
  #small = new SmallBlocks([])

  constructor(path: string) {
    this.#path = path
  }

  addBlocks(blocks: readonly RamBlock[]): void {
    const main = blocks.find(({ name }) => name === MAIN_BLOCK)
    if (main === undefined || main.sizeBytes > MAX_MEMORY_BYTES || this.#main !== undefined) {
      throw new SynthesisError('stream_invalid', `The stream has no usable RAM block named ${MAIN_BLOCK}`)
    }
    this.#blocks = blocks
    this.#main = { spool: new MemorySpool(this.#path, main.sizeBytes), sizeBytes: main.sizeBytes }
    this.#small = new SmallBlocks(blocks.filter((block) => block !== main))
  }

  addPage(block: string, offset: number, bytes: Buffer | undefined): void {
    if (block === MAIN_BLOCK && this.#main !== undefined) this.#main.spool.addPage(offset, bytes)
    else this.#small.addPage(block, offset, bytes)
  }

  close(): void {
    this.#main?.spool.close()
  }

  discard(): Promise<void> {
    return rm(this.#path, { force: true })
  }

  result(parser: MigrationParser): Omit<Capture, 'streamBytes' | 'elapsedMs'> {
    const { setup, switchover, devices } = parser.parts
    const { spool, sizeBytes } = this.#main!
    return {
      memoryPath: this.#path,
      memoryBytes: sizeBytes,
      wasSent: (page) => spool.wasSent(page),
      isZero: (page) => spool.isZero(page),
      state: Buffer.concat([setup, switchover, this.#small.toLastSection(parser.sectionId), devices]),
      splice: { offset: setup.length, sectionId: parser.sectionId },
      machineType: parser.machineType,
      blocks: this.#blocks,
      discard: () => this.discard(),
    }
  }
}
