import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyFrozen } from './copy-frozen.ts'
import { openOwnFile } from './open-own-file.ts'
import { readConsole } from './read-console.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'own-file-'))
  await writeFile(join(dir, 'secret'), 'only for root')
  await mkdir(join(dir, 'slot'))
})
afterEach(() => rm(dir, { recursive: true }))

const path = () => join(dir, 'slot/console.log')
const fakes: Record<string, () => unknown> = {
  link: () => symlink(join(dir, 'secret'), path()),
  pipe: () => execFileSync('mkfifo', [path()]),
  folder: () => mkdir(path()),
}

it('opens a plain file', async () => {
  await writeFile(path(), 'text')
  await using file = await openOwnFile(path())
  expect((await file.readFile()).toString()).toBe('text')
})

it.each(Object.keys(fakes))('reads no %s in place of a console', async (kind) => {
  await fakes[kind]!()
  await expect(readConsole(path(), 100)).rejects.toMatchObject({ code: 'hypervisor_failed' })
})

it.each(Object.keys(fakes))('copies no %s in place of a disk', async (kind) => {
  await fakes[kind]!()
  await expect(copyFrozen(path(), join(dir, 'copy'))).rejects.toMatchObject({ code: 'hypervisor_failed' })
  expect(await readdir(dir)).not.toContain('copy')
})

it('copies a disk whole', async () => {
  await writeFile(path(), 'disk')
  await copyFrozen(path(), join(dir, 'copy'))
  await using copy = await openOwnFile(join(dir, 'copy'))
  expect((await copy.readFile()).toString()).toBe('disk')
})
