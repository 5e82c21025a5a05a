import fc from 'fast-check'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { captureMemory } from './capture-memory.ts'
import { openRawPages } from './disk/page-reader.ts'
import { openQcow2Pages } from './disk/qcow2-pages.ts'
import { socketSending } from './fixtures/migration-stream.ts'
import type { Contents } from './fixtures/sample-vm.ts'
import { collector, imageOf, makeBase, makeOverlay, placeBase } from './fixtures/sample-vm.ts'
import { tempFolder } from './fixtures/temp-folder.ts'
import { PAGE_BYTES } from './page.ts'
import type { Synthesis } from './synthesize.ts'
import { synthesize } from './synthesize.ts'

/** Few letters, so that zeros, repetitions, and copies of the base between memory and disk are common. */
const letters = (length: number) =>
  fc.string({ unit: fc.constantFrom('.', 'a', 'b', 'c', 'd', 'e'), minLength: length, maxLength: length })
const contents = fc.record({ memory: letters(24), disk: letters(18) })

/** Synthesizes, then looks at the result as QEMU would: pages of the stream over the base, clusters over the base. */
async function run(
  synthesis: Omit<Synthesis, 'emitTo'>,
  dir: string,
): Promise<{ memory: Buffer; disk: Buffer; stream: Buffer }> {
  const out = collector()
  await synthesize({ ...synthesis, emitTo: out })
  const stream = out.received()
  const capture = await captureMemory({ socket: socketSending(stream, 9000), dir })
  const memory = readFileSync(synthesis.base.memoryPath)
  const sent = readFileSync(capture.memoryPath)
  for (let at = 0; at < memory.length; at += PAGE_BYTES) {
    if (capture.wasSent(at / PAGE_BYTES)) sent.copy(memory, at, at, at + PAGE_BYTES)
  }
  return { memory, disk: readDisk(synthesis), stream }
}

function readDisk({ base, diskPath }: Omit<Synthesis, 'emitTo'>): Buffer {
  const backing = openRawPages(base.diskPath)
  const pages = openQcow2Pages(diskPath, backing)
  const disk = Buffer.alloc(base.spaces.disk.sizeBytes)
  pages.readSync(0, disk)
  pages.close()
  backing.close()
  return disk
}

describe('synthesize', () => {
  it('gives back what was captured, whatever it was', async () => {
    const property = fc.asyncProperty(contents, contents, async (ofBase: Contents, ofVm: Contents) => {
      using folder = tempFolder()
      const base = await placeBase(await makeBase(ofBase, folder.path), folder.path)
      expect(readFileSync(base.memoryPath).equals(imageOf(ofBase.memory))).toBe(true)
      expect(readFileSync(base.diskPath).equals(imageOf(ofBase.disk))).toBe(true)
      const { overlay } = await makeOverlay(ofVm, base, folder.path)
      const result = await run({ base, overlay, diskPath: join(folder.path, 'vm.qcow2') }, folder.path)
      expect(result.memory.equals(imageOf(ofVm.memory))).toBe(true)
      expect(result.disk.equals(imageOf(ofVm.disk))).toBe(true)
    })
    await fc.assert(property, { numRuns: 15 })
  }, 30_000)

  it('sends only what differs from the base, and repeats nothing', async () => {
    using folder = tempFolder()
    const base = await placeBase(await makeBase({ memory: 'abc.....', disk: 'xyz.' }, folder.path), folder.path)
    const { encoded } = await makeOverlay({ memory: 'a.cxnnn.', disk: 'xnz.' }, base, folder.path)
    const page = PAGE_BYTES
    expect(encoded.stats).toMatchObject({
      memory: { zeroBytes: page, baseCopyBytes: page, duplicateBytes: 2 * page, literalBytes: page },
      disk: { zeroBytes: 0, baseCopyBytes: 0, duplicateBytes: page, literalBytes: 0 },
    })
  })

  it('resumes a bare base with its state alone', async () => {
    using folder = tempFolder()
    const base = await placeBase(await makeBase({ memory: 'abc', disk: 'xy' }, folder.path), folder.path)
    const result = await run({ base, diskPath: join(folder.path, 'vm.qcow2') }, folder.path)
    expect(result.stream.equals(readFileSync(base.statePath))).toBe(true)
    expect(result.disk.equals(imageOf('xy'))).toBe(true)
  })

  it('refuses an overlay of another base before anything is emitted', async () => {
    using folder = tempFolder()
    using elsewhere = tempFolder()
    const base = await placeBase(await makeBase({ memory: 'abc', disk: 'xy' }, folder.path), folder.path)
    const other = await placeBase(await makeBase({ memory: 'abd', disk: 'xy' }, elsewhere.path), elsewhere.path)
    const { overlay } = await makeOverlay({ memory: 'aaa', disk: 'xy' }, base, folder.path)
    const emitTo = collector()
    const synthesis = synthesize({ base: other, overlay, diskPath: join(elsewhere.path, 'vm.qcow2'), emitTo })
    await expect(synthesis).rejects.toMatchObject({ code: 'base_mismatch' })
    expect(emitTo.received()).toHaveLength(0)
    expect(emitTo.destroyed).toBe(true)
  })

  it('refuses a flipped byte wherever it is, and never ends the stream then', async () => {
    using folder = tempFolder()
    const base = await placeBase(await makeBase({ memory: 'abcabc', disk: 'xyzxyz' }, folder.path), folder.path)
    const { encoded, overlay } = await makeOverlay({ memory: 'anmbmn', disk: 'xnqzzz' }, base, folder.path)
    const used = encoded.blobs.filter(({ mediaType }) => /index|state|memory|disk/.test(mediaType))
    for (const { path, sizeBytes } of used) {
      for (const at of [0, sizeBytes >> 1, sizeBytes - 1]) {
        const good = readFileSync(path)
        writeFileSync(path, flipped(good, at))
        const emitTo = collector()
        const synthesis = synthesize({ base, overlay, diskPath: join(folder.path, 'vm.qcow2'), emitTo })
        await expect(synthesis).rejects.toMatchObject({ code: 'overlay_corrupt' })
        expect(emitTo.writableFinished).toBe(false)
        writeFileSync(path, good)
      }
    }
  })

  it('fails when the receiver goes away', async () => {
    using folder = tempFolder()
    const base = await placeBase(await makeBase({ memory: 'abc', disk: 'xy' }, folder.path), folder.path)
    const { overlay } = await makeOverlay({ memory: 'nnn', disk: 'xy' }, base, folder.path)
    const emitTo = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error('gone')) })
    const synthesis = synthesize({ base, overlay, diskPath: join(folder.path, 'vm.qcow2'), emitTo })
    await expect(synthesis).rejects.toThrow('gone')
  })
})

describe('materializeBase', () => {
  it('refuses a flipped byte and leaves nothing behind', async () => {
    using folder = tempFolder()
    const encoded = await makeBase({ memory: 'abcabc', disk: 'xyzxyz' }, folder.path)
    for (const { path, sizeBytes, mediaType } of encoded.blobs) {
      if (mediaType.includes('empty')) continue
      const good = readFileSync(path)
      writeFileSync(path, flipped(good, sizeBytes >> 1))
      await expect(placeBase(encoded, folder.path)).rejects.toMatchObject({ code: 'base_corrupt' })
      expect(readdirSync(folder.path).filter((name) => name.startsWith('base.'))).toEqual([])
      writeFileSync(path, good)
    }
    await expect(placeBase(encoded, folder.path)).resolves.toBeDefined()
  })

  it('makes immutable files, once, for all who ask at the same time', async () => {
    using folder = tempFolder()
    const encoded = await makeBase({ memory: 'abc.', disk: 'xy' }, folder.path)
    const [one, other] = await Promise.all([placeBase(encoded, folder.path), placeBase(encoded, folder.path)])
    expect(one).toEqual(other)
    expect(statSync(one.memoryPath).mode & 0o777).toBe(0o444)
    expect(statSync(one.diskPath).mode & 0o777).toBe(0o444)
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 0x10
  return copy
}
