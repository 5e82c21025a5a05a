import fc from 'fast-check'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SynthesisError } from '../error.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { PAGE_BYTES } from '../page.ts'
import { DeltaWriter } from './delta-writer.ts'
import { inspectDisk } from './inspect-disk.ts'

const SIZE_BYTES = 4 << 20
const QUOTA = { maxVirtualBytes: 1 << 30 }
const folder = tempFolder()
const path = join(folder.path, 'disk')
afterAll(() => folder[Symbol.dispose]())

/** An image that stands alone: one of ours without the name of its base. */
async function goodImage(): Promise<Buffer> {
  const delta = await DeltaWriter.open({ path, basePath: 'x', sizeBytes: SIZE_BYTES })
  delta.write(5, Buffer.alloc(3 * PAGE_BYTES, 7))
  delta.writeZeros(700, 2)
  await delta.finish()
  await delta.close()
  const image = readFileSync(path)
  image.fill(0, 8, 20)
  return image
}

function inspect(bytes: Buffer) {
  writeFileSync(path, bytes)
  return inspectDisk(path, QUOTA)
}

type Change = (image: Buffer) => Buffer | void

const refused: [string, Change, string][] = [
  ['an empty file', () => Buffer.alloc(0), 'disk_not_an_image'],
  ['a text', () => Buffer.from('#!/bin/sh'), 'disk_not_an_image'],
  ['a header that is cut off', (image) => image.subarray(0, 60), 'disk_truncated'],
  ['an image that is cut off in its tables', (image) => image.subarray(0, PAGE_BYTES + 2), 'disk_truncated'],
  ['an image whose last tables are cut off', (image) => image.subarray(0, -1), 'disk_truncated'],
  ['version 1', (image) => void image.writeUInt32BE(1, 4), 'disk_unsupported'],
  ['a backing file', (image) => void image.writeUInt32BE(200, 12), 'disk_has_backing_file'],
  ['the length of a backing file alone', (image) => void image.writeUInt32BE(5, 16), 'disk_has_backing_file'],
  ['encryption', (image) => void image.writeUInt32BE(2, 32), 'disk_encrypted'],
  ['the data file bit', (image) => void image.writeUInt32BE(4, 76), 'disk_has_data_file'],
  ['the data file extension alone', (image) => void image.writeUInt32BE(0x44415441, 104), 'disk_has_data_file'],
  ['the dirty bit', (image) => void image.writeUInt32BE(1, 76), 'disk_unsupported'],
  ['extended L2 entries', (image) => void image.writeUInt32BE(16, 76), 'disk_unsupported'],
  ['an unknown feature', (image) => void image.writeUInt32BE(1 << 10, 76), 'disk_unsupported'],
  ['internal snapshots', (image) => void image.writeUInt32BE(1, 60), 'disk_unsupported'],
  ['clusters of 256 bytes', (image) => void image.writeUInt32BE(8, 20), 'disk_unsupported'],
  ['clusters of 2^60 bytes', (image) => void image.writeUInt32BE(60, 20), 'disk_unsupported'],
  ['a disk of 2^63 bytes', (image) => void image.writeUInt32BE(0x80000000, 24), 'disk_too_large'],
  ['a disk above the quota', withLargerDisk, 'disk_too_large'],
  ['an L1 table behind the end', (image) => void image.writeUInt32BE(0x7ffff000, 44), 'disk_truncated'],
  ['an L1 table of four billion entries', (image) => void image.writeUInt32BE(0xffffffff, 36), 'disk_too_large'],
  ['an L1 table that is too short', (image) => void image.writeUInt32BE(1, 36), 'disk_unsupported'],
  ['a refcount table behind the end', (image) => void image.writeUInt32BE(0x7ffff000, 52), 'disk_truncated'],
  ['an L2 table behind the end', (image) => void image.writeUInt32BE(0x7ffff000, PAGE_BYTES + 4), 'disk_truncated'],
]

function withLargerDisk(image: Buffer): void {
  image.writeBigUInt64BE(2n << 30n, 24)
  image.writeUInt32BE(1024, 36)
}

describe('inspectDisk', () => {
  it('accepts an image that stands alone', async () => {
    expect(await inspect(await goodImage())).toEqual({
      format: 'qcow2',
      version: 3,
      virtualSizeBytes: SIZE_BYTES,
      clusterBytes: PAGE_BYTES,
      allocatedBytes: 5 * PAGE_BYTES,
    })
  })

  it.each(refused)('refuses %s', async (_what, change, code) => {
    const image = await goodImage()
    const changed = change(image) ?? image
    await expect(inspect(changed)).rejects.toThrow(expect.objectContaining({ code }))
  })

  it('refuses or accepts any header, quickly and in little memory', async () => {
    const image = await goodImage()
    const before = process.memoryUsage().rss
    const changes = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { minLength: 1, maxLength: 8 })
    const inTables = fc.array(fc.tuple(fc.integer({ min: PAGE_BYTES, max: image.length - 1 }), fc.nat(255)), {
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(changes, inTables, async (ofHeader, ofTables) => {
        const hostile = Buffer.from(image)
        for (const [at, value] of [...ofHeader, ...ofTables]) hostile[at] = value
        try {
          await inspect(hostile)
        } catch (error) {
          expect(error).toBeInstanceOf(SynthesisError)
        }
      }),
      { numRuns: 1000 },
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20)
  })
})
