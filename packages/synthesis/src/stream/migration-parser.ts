/**
 * Takes a migration stream apart while it arrives: pages go to a sink, everything else is kept as the `state`.
 * The state is itself a valid stream (docs/formats/overlay.md, "State"): header, configuration, start of the RAM
 * section, then, behind the `splice` offset, the last part of the RAM section with the small blocks, and the devices.
 * What only matters between two running QEMUs (return path, pings) is left out.
 */
import { ByteCursor, INCOMPLETE } from './byte-cursor.ts'
import { DeviceTail } from './device-tail.ts'
import { COMMAND, SECTION, STREAM_MAGIC, STREAM_VERSION } from './format.ts'
import { invalidStream } from './invalid-stream.ts'
import { RamRecordReader } from './ram-record-reader.ts'
import type { RamPart, RamSink } from './ram-record-reader.ts'

type Phase = 'header' | 'sections' | 'records' | 'footer' | 'devices'

const MAX_NAME_BYTES = 1024

export class MigrationParser {
  readonly #cursor = new ByteCursor()
  readonly #records: RamRecordReader
  readonly #tail = new DeviceTail()
  readonly #setup: Buffer[] = []
  readonly #switchover: Buffer[] = []
  #phase: Phase = 'header'
  #section: { id: number; kind: RamPart } = { id: -1, kind: 'start' }
  #machineType = ''

  constructor(sink: RamSink) {
    this.#records = new RamRecordReader({ cursor: this.#cursor, sink, keep: (start) => this.#keep(start) })
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
    if (magic !== STREAM_MAGIC || version !== STREAM_VERSION)
      throw invalidStream('it does not begin with QEVM version 3')
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
    else throw invalidStream(`section type ${type} is unexpected before the end of RAM`)
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
    else throw invalidStream(`subsection ${name} is unknown`)
  }

  #readCommand(start: number): void {
    const command = this.#cursor.u16()
    this.#cursor.bytes(this.#cursor.u16())
    if (command === COMMAND.openReturnPath || command === COMMAND.ping) return
    if (command >= COMMAND.postcopyAdvise && command <= COMMAND.receivedBitmap) {
      throw invalidStream(`command ${command} belongs to a postcopy or COLO migration`)
    }
    const isBeforeRam = this.#section.id === -1
    const kept = isBeforeRam ? this.#setup : this.#switchover
    kept.push(Buffer.from(this.#cursor.since(start)))
  }

  #readStart(start: number): void {
    const id = this.#cursor.u32()
    const name = this.#cursor.text(this.#cursor.u8())
    this.#cursor.bytes(8)
    if (name !== 'ram' || this.#section.id !== -1) throw invalidStream(`live section ${name} is not supported`)
    this.#keep(start)
    this.#section = { id, kind: 'start' }
    this.#phase = 'records'
  }

  #readPart(type: number): void {
    const id = this.#cursor.u32()
    if (id !== this.#section.id) throw invalidStream(`section ${id} was never started`)
    this.#section = { id, kind: type === SECTION.last ? 'last' : 'part' }
    this.#phase = 'records'
  }

  #readRecords(): void {
    this.#records.read(this.#section.kind)
    this.#phase = 'footer'
  }

  #readFooter(): void {
    const start = this.#cursor.position
    if (this.#cursor.u8() !== SECTION.footer || this.#cursor.u32() !== this.#section.id) {
      throw invalidStream('a section does not end with its footer')
    }
    if (this.#section.kind === 'start') this.#keep(start)
    this.#phase = this.#section.kind === 'last' ? 'devices' : 'sections'
  }

  #keep(start: number): void {
    this.#setup.push(Buffer.from(this.#cursor.since(start)))
  }
}

function boundedName(length: number): number {
  if (length > MAX_NAME_BYTES) throw invalidStream('a name is too long')
  return length
}
