import { execFileSync } from 'node:child_process'
import { truncateSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { inspectDisk } from './inspect-disk.ts'

const QUOTA = { maxVirtualBytes: 1 << 30 }
const folder = tempFolder()
const at = (name: string) => join(folder.path, name)
const img = (...args: string[]) => execFileSync('qemu-img', args, { stdio: ['ignore', 'ignore', 'inherit'] })
const write = (name: string) =>
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 3 1M 3M', at(name)], { stdio: 'ignore' })
afterAll(() => folder[Symbol.dispose]())

describe('inspectDisk on images that qemu-img made', () => {
  it.each([
    ['version 2', ['-o', 'compat=0.10'], { version: 2 }],
    ['version 3', [], { version: 3, clusterBytes: 65536, allocatedBytes: 3 << 20 }],
    ['clusters of 4 KiB', ['-o', 'cluster_size=4k'], { clusterBytes: 4096, allocatedBytes: 3 << 20 }],
  ])('accepts %s', async (name, options, found) => {
    img('create', '-q', '-f', 'qcow2', ...options, at(name), '64M')
    write(name)
    expect(await inspectDisk(at(name), QUOTA)).toMatchObject({ virtualSizeBytes: 64 << 20, ...found })
  })

  it('accepts compressed clusters', async () => {
    img('create', '-q', '-f', 'qcow2', at('plain'), '64M')
    write('plain')
    img('convert', '-c', '-f', 'qcow2', '-O', 'qcow2', at('plain'), at('compressed'))
    expect(await inspectDisk(at('compressed'), QUOTA)).toMatchObject({ allocatedBytes: 3 << 20 })
  })

  it.each([
    ['disk_has_backing_file', ['-b', 'anything', '-F', 'raw', '-u']],
    ['disk_has_backing_file', ['-b', 'json:{"driver":"raw"}', '-F', 'raw', '-u']],
    ['disk_has_data_file', ['-o', 'data_file=' + at('data.raw')]],
    [
      'disk_encrypted',
      ['--object', 'secret,id=s,data=s', '-o', 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10'],
    ],
    ['disk_unsupported', ['-o', 'extended_l2=on,cluster_size=64k']],
  ])('refuses with %s', async (code, options) => {
    img('create', '-q', '-f', 'qcow2', ...options, at('refused'), '64M')
    await expect(inspectDisk(at('refused'), QUOTA)).rejects.toThrow(expect.objectContaining({ code }))
  })

  it('refuses every truncation of an image', async () => {
    for (const share of [0.999, 0.9, 0.5, 0.1, 0.01]) {
      img('create', '-q', '-f', 'qcow2', at('cut'), '64M')
      write('cut')
      truncateSync(at('cut'), Math.floor(statSync(at('cut')).size * share))
      await expect(inspectDisk(at('cut'), QUOTA)).rejects.toThrow(expect.objectContaining({ code: 'disk_truncated' }))
    }
  })

  it('refuses a raw image and one above the quota', async () => {
    img('create', '-q', '-f', 'raw', at('raw'), '1M')
    await expect(inspectDisk(at('raw'), QUOTA)).rejects.toThrow(expect.objectContaining({ code: 'disk_not_an_image' }))
    img('create', '-q', '-f', 'qcow2', at('large'), '8T')
    await expect(inspectDisk(at('large'), QUOTA)).rejects.toThrow(expect.objectContaining({ code: 'disk_too_large' }))
  })
})
