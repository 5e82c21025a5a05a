import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Capture } from '../capture-memory.ts'
import { captureMemory } from '../capture-memory.ts'
import { SynthesisError } from '../error.ts'
import type { PageWrite } from '../fixtures/migration-stream.ts'
import { command, migrationStream, socketSending } from '../fixtures/migration-stream.ts'
import { BIOS, pageOf, streamOf } from '../fixtures/sample-vm.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { PAGE_BYTES } from '../page.ts'
import { RETURN_PATH_SHUT } from './format.ts'

const MAIN_PAGES = 12
const BLOCKS = [{ name: 'base', sizeBytes: MAIN_PAGES * PAGE_BYTES }, BIOS]

const write = fc.oneof(
  fc.record({
    block: fc.constant('base'),
    page: fc.nat(MAIN_PAGES - 1),
    bytes: fc.constantFrom(...'.abcd').map(pageOf),
  }),
  fc.record({ block: fc.constant('pc.bios'), page: fc.nat(1), bytes: fc.constantFrom(...'.BC').map(pageOf) }),
)
const rounds = fc.array(fc.array(write, { maxLength: 20 }), { minLength: 1, maxLength: 4 })

/** Of every page the last content that was sent. */
function lastOf(writes: readonly PageWrite[], block: string, pages: number): (Buffer | undefined | 'unsent')[] {
  const contents = Array<Buffer | undefined | 'unsent'>(pages).fill('unsent')
  for (const { page, bytes } of writes.filter((each) => each.block === block)) contents[page] = bytes
  return contents
}

const capture = (bytes: Buffer, dir: string, pieceBytes = 4000): Promise<Capture> =>
  captureMemory({ socket: socketSending(bytes, pieceBytes), dir })

describe('captureMemory', () => {
  it('keeps the last content of every page, in whatever pieces the stream arrives', async () => {
    const property = fc.asyncProperty(rounds, fc.integer({ min: 1, max: 9000 }), async (sent, pieceBytes) => {
      using folder = tempFolder()
      const { memoryPath, wasSent } = await capture(migrationStream(BLOCKS, sent), folder.path, pieceBytes)
      const memory = readFileSync(memoryPath)
      lastOf(sent.flat(), 'base', MAIN_PAGES).forEach((content, page) => {
        expect(wasSent(page)).toBe(content !== 'unsent')
        const found = memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
        expect(found.equals(Buffer.isBuffer(content) ? content : Buffer.alloc(PAGE_BYTES))).toBe(true)
      })
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it('keeps the rest as a stream that is whole by itself', async () => {
    using folder = tempFolder()
    const first = await capture(streamOf('abc'), folder.path)
    const again = await capture(first.state, folder.path)
    expect(again.state.equals(first.state)).toBe(true)
    expect(again.splice).toEqual(first.splice)
    expect([0, 1, 2].some(again.wasSent)).toBe(false)
    expect(again).toMatchObject({
      machineType: 'pc-q35-10.0',
      blocks: [{ name: 'base', sizeBytes: 3 * PAGE_BYTES }, BIOS],
    })
  })

  it('answers once when the state has ended, and not before', async () => {
    using folder = tempFolder()
    const socket = socketSending(streamOf('abc'), 100)
    await captureMemory({ socket, dir: folder.path })
    expect(Buffer.concat(socket.answers).equals(RETURN_PATH_SHUT)).toBe(true)
    const early = socketSending(streamOf('abc').subarray(0, -1), 100)
    await expect(captureMemory({ socket: early, dir: folder.path })).rejects.toMatchObject({ code: 'stream_invalid' })
    expect(early.answers).toEqual([])
  })

  it('refuses a stream cut off anywhere and leaves nothing behind', async () => {
    using folder = tempFolder()
    const whole = streamOf('ab.')
    const property = fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
      await expect(capture(whole.subarray(0, length), folder.path)).rejects.toMatchObject({ code: 'stream_invalid' })
      expect(existsSync(join(folder.path, 'memory.spool'))).toBe(false)
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it('survives any change of bytes: it is refused, or understood', async () => {
    using folder = tempFolder()
    const whole = streamOf('ab.')
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    const interesting = fc.array(fc.tuple(fc.nat(260), fc.nat(255)), { minLength: 1, maxLength: 3 })
    const property = fc.asyncProperty(fc.oneof(changes, interesting), async (list) => {
      const bytes = Buffer.from(whole)
      for (const [at, value] of list) bytes[at] = value
      const outcome = await capture(bytes, folder.path).catch((error: unknown) => error)
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(SynthesisError)
    })
    await fc.assert(property, { numRuns: 300 })
  })

  it.each([
    ['a postcopy migration', command(3, Buffer.alloc(16)), /postcopy/],
    ['a live section that is not RAM', Buffer.from('010000000505646972747900000000', 'hex'), /not supported/],
    ['a part of a section that never began', Buffer.from('0200000063', 'hex'), /never started/],
    ['devices before the end of RAM', Buffer.from('0400000063', 'hex'), /unexpected/],
  ])('refuses %s', async (_what, inserted, reason) => {
    using folder = tempFolder()
    const whole = streamOf('ab')
    const afterConfiguration = 8 + 5 + 'pc-q35-10.0'.length
    const parts = [whole.subarray(0, afterConfiguration), inserted, whole.subarray(afterConfiguration)]
    await expect(capture(Buffer.concat(parts), folder.path)).rejects.toThrow(reason)
  })

  it('refuses a VM whose memory is not the block that bases have', async () => {
    using folder = tempFolder()
    const stream = migrationStream([{ name: 'pc.ram', sizeBytes: PAGE_BYTES }], [[]])
    await expect(capture(stream, folder.path)).rejects.toThrow(/no usable RAM block named base/)
  })
})
