/**
 * Takes a migration stream apart while it arrives: pages go to a sink, everything else is kept as the `state`.
 * The state is itself a valid stream (docs/formats/overlay.md, "State"): header, configuration, start of the RAM
 * section, then, behind the `splice` offset, the last part of the RAM section with the small blocks, and the devices.
 * What only matters between two running QEMUs (return path, pings) is left out.
 */
import { SynthesisError } from '../error.ts'
import type { RamBlock } from '../machine.ts'
import { PAGE_BYTES } from '../page.ts'
import { ByteCursor, INCOMPLETE } from './byte-cursor.ts'
import { DeviceTail } from './device-tail.ts'
import { COMMAND, RAM, SECTION, STREAM_MAGIC, STREAM_VERSION } from './format.ts'

export type RamSink = {
  addBlocks(blocks: readonly RamBlock[]): void
  /** `bytes` is only valid during the call; undefined is a zero page. */
  addPage(block: string, offset: number, bytes: Buffer | undefined): void
}

type Phase = 'header' | 'sections' | 'records' | 'footer' | 'devices'

const ZERO_FLAGS = RAM.zero | RAM.sameBlock
const PAGE_FLAGS = RAM.page | RAM.sameBlock
const MAX_BLOCKS = 256
const MAX_NAME_BYTES = 1024

export class MigrationParser {
  readonly #sink: RamSink
  readonly #cursor = new ByteCursor()
  readonly #tail = new DeviceTail()
  readonly #setup: Buffer[] = []
  readonly #switchover: Buffer[] = []
  #phase: Phase = 'header'
  #section: { id: number; kind: 'start' | 'part' | 'last' } = { id: -1, kind: 'start' }
  #block: string | undefined
  #machineType = ''

  constructor(sink: RamSink) {
    this.#sink = sink
  }

  get machineType(): string {
    return this.#machineType
  }

  get sectionId(): number {
    return this.#section.id
  }

  /** Whether the bytes so far end exactly where a stream can end. */
  get isComplete(): boolean {
    return this.#tail.isComplete
  }

  /** Header to RAM setup, the commands before the switch-over, and the devices. */
  get parts(): { setup: Buffer; switchover: Buffer; devices: Buffer } {
    return {
      setup: Buffer.concat(this.#setup),
      switchover: Buffer.concat(this.#switchover),
      devices: this.#tail.bytes(),
    }
  }

  push(chunk: Buffer): void {
    if (this.#isInDevices()) return this.#tail.append(chunk)
    this.#cursor.append(chunk)
    while (this.#step());
    if (this.#isInDevices()) this.#tail.append(this.#cursor.bytes(this.#cursor.remaining))
  }

  /** Reads one item; false when there is no whole one or the devices have begun. */
  #step(): boolean {
    const start = this.#cursor.position
    try {
      if (this.#phase === 'records') this.#readRecords()
      else if (this.#phase === 'footer') this.#readFooter()
      else if (this.#phase === 'sections') this.#readSection()
      else if (this.#phase === 'header') this.#readHeader()
      return !this.#isInDevices()
    } catch (error) {
      if (error !== INCOMPLETE) throw error
      if (this.#phase !== 'records') this.#cursor.rewindTo(start)
      return false
    }
  }

  #isInDevices(): boolean {
    return this.#phase === 'devices'
  }

  #readHeader(): void {
    const [magic, version] = [this.#cursor.u32(), this.#cursor.u32()]
    if (magic !== STREAM_MAGIC || version !== STREAM_VERSION) throw invalid('it does not begin with QEVM version 3')
    this.#keep(0)
    this.#phase = 'sections'
  }

  #readSection(): void {
    const start = this.#cursor.position
    const type = this.#cursor.u8()
    if (type === SECTION.configuration) this.#readConfiguration(start)
    else if (type === SECTION.command) this.#readCommand(start)
    else if (type === SECTION.start) this.#readStart(start)
    else if (type === SECTION.part || type === SECTION.last) this.#readPart(type)
    else throw invalid(`section type ${type} is unexpected before the end of RAM`)
  }

  #readConfiguration(start: number): void {
    this.#machineType = this.#cursor.text(boundedName(this.#cursor.u32()))
    while (this.#peekSubsection()) this.#readSubsection()
    this.#keep(start)
  }

  #peekSubsection(): boolean {
    if (this.#cursor.remaining === 0) throw INCOMPLETE
    return this.#cursor.peek() === SECTION.subsection
  }

  #readSubsection(): void {
    this.#cursor.u8()
    const name = this.#cursor.text(this.#cursor.u8())
    this.#cursor.u32()
    if (name === 'configuration/target-page-bits') this.#cursor.u32()
    else if (name === 'configuration/uuid') this.#cursor.bytes(16)
    else throw invalid(`subsection ${name} is unknown`)
  }

  #readCommand(start: number): void {
    const command = this.#cursor.u16()
    this.#cursor.bytes(this.#cursor.u16())
    if (command === COMMAND.openReturnPath || command === COMMAND.ping) return
    if (command >= COMMAND.postcopyAdvise && command <= COMMAND.receivedBitmap) {
      throw invalid(`command ${command} belongs to a postcopy or COLO migration`)
    }
    const isBeforeRam = this.#section.id === -1
    const kept = isBeforeRam ? this.#setup : this.#switchover
    kept.push(Buffer.from(this.#cursor.since(start)))
  }

  #readStart(start: number): void {
    const id = this.#cursor.u32()
    const name = this.#cursor.text(this.#cursor.u8())
    this.#cursor.bytes(8)
    if (name !== 'ram' || this.#section.id !== -1) throw invalid(`live section ${name} is not supported`)
    this.#keep(start)
    this.#section = { id, kind: 'start' }
    this.#phase = 'records'
  }

  #readPart(type: number): void {
    const id = this.#cursor.u32()
    if (id !== this.#section.id) throw invalid(`section ${id} was never started`)
    this.#section = { id, kind: type === SECTION.last ? 'last' : 'part' }
    this.#phase = 'records'
  }

  /** The hot loop: one call reads all records that have arrived. */
  #readRecords(): void {
    const cursor = this.#cursor
    for (;;) {
      const start = cursor.position
      try {
        if (this.#readRecord(start)) return
      } catch (error) {
        if (error === INCOMPLETE) cursor.rewindTo(start)
        throw error
      }
    }
  }

  /** True at the end of the section. */
  #readRecord(start: number): boolean {
    const header = this.#cursor.u64()
    const flags = header % PAGE_BYTES
    const address = header - flags
    if ((flags & ~PAGE_FLAGS) === 0 && flags & RAM.page) this.#addPage(address, flags, false)
    else if ((flags & ~ZERO_FLAGS) === 0 && flags & RAM.zero) this.#addPage(address, flags, true)
    else if (flags === RAM.sizes) this.#readBlocks(address, start)
    else if (flags === RAM.endOfSection) return this.#endRecords(start)
    else if (flags !== RAM.flush) throw invalid(`a RAM record with flags 0x${flags.toString(16)} is not supported`)
    return false
  }

  #addPage(offset: number, flags: number, isZero: boolean): void {
    const name = flags & RAM.sameBlock ? this.#block : this.#cursor.text(this.#cursor.u8())
    if (name === undefined) throw invalid('a page belongs to no block')
    const bytes = this.#cursor.bytes(isZero ? 1 : PAGE_BYTES)
    if (isZero && bytes[0] !== 0) throw invalid('a page is filled with something else than zero')
    this.#block = name
    this.#sink.addPage(name, offset, isZero ? undefined : bytes)
  }

  #readBlocks(totalBytes: number, start: number): void {
    if (this.#section.kind !== 'start') throw invalid('the sizes of RAM blocks come twice')
    const blocks: RamBlock[] = []
    for (let sum = 0; sum < totalBytes; sum += blocks.at(-1)!.sizeBytes) {
      const name = this.#cursor.text(this.#cursor.u8())
      blocks.push({ name, sizeBytes: this.#cursor.u64() })
      if (blocks.length > MAX_BLOCKS || blocks.at(-1)!.sizeBytes === 0) throw invalid('its RAM blocks are not sane')
    }
    this.#sink.addBlocks(blocks)
    this.#keep(start)
  }

  #endRecords(start: number): true {
    if (this.#section.kind === 'start') this.#keep(start)
    this.#phase = 'footer'
    return true
  }

  #readFooter(): void {
    const start = this.#cursor.position
    if (this.#cursor.u8() !== SECTION.footer || this.#cursor.u32() !== this.#section.id) {
      throw invalid('a section does not end with its footer')
    }
    if (this.#section.kind === 'start') this.#keep(start)
    this.#phase = this.#section.kind === 'last' ? 'devices' : 'sections'
  }

  #keep(start: number): void {
    this.#setup.push(Buffer.from(this.#cursor.since(start)))
  }
}

function boundedName(length: number): number {
  if (length > MAX_NAME_BYTES) throw invalid('a name is too long')
  return length
}

const invalid = (reason: string) => new SynthesisError('stream_invalid', `The migration stream is refused: ${reason}`)
