import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { PAGE_BYTES } from '../page.ts'
import { DeltaWriter } from './delta-writer.ts'
import { openRawPages } from './page-reader.ts'
import { openQcow2Pages } from './qcow2-pages.ts'

const DISK_PAGES = 1500
const SIZE_BYTES = DISK_PAGES * PAGE_BYTES - 512

const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { encoding: 'utf8' })

/** Distinct pages in any order, some of them zero. */
const writes = fc.uniqueArray(fc.record({ page: fc.nat(DISK_PAGES - 1), fill: fc.nat(3) }), {
  selector: ({ page }) => page,
  maxLength: 400,
})

describe('a delta against real tools', () => {
  it('is sound, reads as written, and takes further writes', async () => {
    using folder = tempFolder()
    const [basePath, path, rawPath] = ['base.raw', 'vm.qcow2', 'vm.raw'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ]
    const before = Buffer.alloc(SIZE_BYTES, 'base ')
    writeFileSync(basePath, before)
    const property = fc.asyncProperty(writes, async (pages) => {
      const expected = Buffer.from(before)
      const delta = await DeltaWriter.open({ path, basePath, sizeBytes: SIZE_BYTES })
      expect(run('qemu-img', 'check', path)).toContain('No errors')
      for (const { page, fill } of pages) {
        const bytes = Buffer.alloc(PAGE_BYTES, fill)
        if (fill === 0) delta.writeZeros(page, 1)
        else delta.write(page, bytes)
        bytes.copy(expected, page * PAGE_BYTES)
      }
      await delta.finish()
      await delta.close()
      writeFileSync(rawPath, expected)
      expect(run('qemu-img', 'check', '-f', 'qcow2', path)).toContain('No errors')
      expect(run('qemu-img', 'compare', '-f', 'qcow2', '-F', 'raw', path, rawPath)).toContain('identical')
      run('qemu-io', '-f', 'qcow2', '-c', 'write -P 5 0 3M', '-c', 'write -z 4M 64k', path)
      expect(run('qemu-img', 'check', '-f', 'qcow2', path)).toContain('No errors')
    })
    await fc.assert(property, { numRuns: 8 })
  }, 60_000)

  it.each(['4k', '64k'])('reads what QEMU wrote in clusters of %s', async (cluster) => {
    using folder = tempFolder()
    const [basePath, path, rawPath] = ['base.raw', 'vm.qcow2', 'vm.raw'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(basePath, Buffer.alloc(SIZE_BYTES, 'base '))
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `cluster_size=${cluster}`, '-b', basePath, '-F', 'raw', path)
    run('qemu-io', '-f', 'qcow2', '-c', 'write -P 5 10k 30k', '-c', 'write -z 1M 128k', '-c', 'write -P 6 5M 512', path)
    run('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', path, rawPath)
    const backing = openRawPages(basePath)
    const [pages, expected] = [openQcow2Pages(path, backing), openRawPages(rawPath)]
    const [found, wanted] = [Buffer.alloc(DISK_PAGES * PAGE_BYTES), Buffer.alloc(DISK_PAGES * PAGE_BYTES)]
    pages.readSync(0, found)
    expected.readSync(0, wanted)
    expect(found.subarray(0, SIZE_BYTES).equals(wanted.subarray(0, SIZE_BYTES))).toBe(true)
    expect([pages.isAllocated(3), pages.isAllocated(256), pages.isAllocated(1000)]).toEqual([true, true, false])
    for (const reader of [pages, expected, backing]) reader.close()
  })
})
