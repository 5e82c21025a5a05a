import fc from 'fast-check'
import { FrameSplitter } from './frame-splitter.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import type { Message } from './message.ts'

const u32 = fc.nat(0xffffffff)
const i32 = fc.integer()
const message: fc.Arbitrary<Message> = fc.record({
  header: fc.record({ program: u32, version: u32, procedure: i32, type: i32, serial: u32, status: i32 }),
  payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
})

function cutAt(stream: Buffer, cuts: number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length]
  return places.slice(1).map((end, index) => stream.subarray(places[index], end))
}

describe('FrameSplitter', () => {
  it('gives back the messages, wherever the stream was cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 12 }), (messages, cuts) => {
        const splitter = new FrameSplitter()
        const chunks = cutAt(Buffer.concat(messages.map(encodeMessage)), cuts)
        const frames = chunks.flatMap((chunk) => splitter.push(chunk))
        expect(frames.map(decodeMessage)).toEqual(messages)
      }),
    )
  })

  it('gives back the messages byte by byte', () => {
    const header = { program: 1, version: 1, procedure: 2, type: 1, serial: 3, status: 0 }
    const sent = { header, payload: Buffer.from('payload.') }
    const splitter = new FrameSplitter()
    const frames = [...encodeMessage(sent)].flatMap((byte) => splitter.push(Buffer.from([byte])))
    expect(frames.map(decodeMessage)).toEqual([sent])
  })

  it.each([0, 27, 0x7fffffff])('refuses a length of %d: the stream is not libvirt', (length) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(length)
    expect(() => new FrameSplitter().push(bytes)).toThrow(RangeError)
  })
})
