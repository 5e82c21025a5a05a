import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeDurably } from './durable-file.ts'
import { freeBytes } from './free-bytes.ts'

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'durable-'))))
afterEach(() => rm(dir, { recursive: true }))

describe('writeDurably', () => {
  const through = () => join(dir, 'note.new')

  it('replaces a file that only its owner may read, in a folder that it makes', async () => {
    const path = join(dir, 'a/b/note')
    for (const text of ['longer', 'new']) await writeDurably(text, { path, through: through() })
    expect(await readFile(path, 'utf8')).toBe('new')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(dir)).toEqual(['a'])
  })

  it('leaves nothing behind when it cannot', async () => {
    await expect(writeDurably('text', { path: dir, through: through() })).rejects.toThrow()
    expect(await readdir(dir)).toEqual([])
  })
})

it('freeBytes tells what may be written', async () => {
  expect(await freeBytes(dir)).toBeGreaterThan(0)
})
