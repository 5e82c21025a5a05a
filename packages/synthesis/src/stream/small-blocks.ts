/**
 * RAM blocks other than the main one: BIOS, option ROMs, ACPI tables, video memory. They are small, depend on the
 * QEMU build, and stay in the state as they are; of a page that was sent again the last content counts.
 */
import { SynthesisError } from '../error.ts'
import type { RamBlock } from '../machine.ts'
import { PAGE_BYTES, pagesOf } from '../page.ts'
import { RAM, SECTION } from './format.ts'

const MAX_SMALL_BYTES = 256 << 20

type SmallBlock = { sizeBytes: number; pages: Map<number, Buffer | undefined> }

export class SmallBlocks {
  readonly #blocks: ReadonlyMap<string, SmallBlock>

  constructor(blocks: readonly RamBlock[]) {
    const totalBytes = blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (totalBytes > MAX_SMALL_BYTES) {
      throw new SynthesisError('stream_invalid', `RAM beside the main block takes ${totalBytes} bytes`)
    }
    this.#blocks = new Map(blocks.map(({ name, sizeBytes }) => [name, { sizeBytes, pages: new Map() }]))
  }

  addPage(name: string, offset: number, bytes: Buffer | undefined): void {
    const block = this.#blocks.get(name)
    if (block === undefined || offset >= pagesOf(block.sizeBytes) * PAGE_BYTES) {
      throw new SynthesisError('stream_invalid', `RAM block ${name} has no page at ${offset}`)
    }
    block.pages.set(offset, bytes && Buffer.from(bytes))
  }

  /** The last part of the RAM section, holding these blocks, with its footer. */
  toLastSection(sectionId: number): Buffer {
    const records = [...this.#blocks].flatMap(([name, { pages }]) => toRecords(name, pages))
    return Buffer.concat([sectionHead(SECTION.last, sectionId), ...records, sectionEnd(sectionId)])
  }
}

function toRecords(name: string, pages: ReadonlyMap<number, Buffer | undefined>): Buffer[] {
  return [...pages].flatMap(([offset, bytes], index) => {
    const flags = (bytes ? RAM.page : RAM.zero) | (index === 0 ? 0 : RAM.sameBlock)
    const blockName = index === 0 ? [Buffer.from([name.length]), Buffer.from(name, 'latin1')] : []
    return [u64(offset + flags), ...blockName, bytes ?? Buffer.alloc(1)]
  })
}

export function sectionHead(type: number, sectionId: number): Buffer {
  const head = Buffer.alloc(5, type)
  head.writeUInt32BE(sectionId, 1)
  return head
}

export function sectionEnd(sectionId: number): Buffer {
  return Buffer.concat([u64(RAM.endOfSection), sectionHead(SECTION.footer, sectionId)])
}

export function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
