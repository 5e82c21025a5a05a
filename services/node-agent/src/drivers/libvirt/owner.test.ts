import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOwner } from './owner.ts'

let dirs: string[]
beforeEach(async () => {
  dirs = await Promise.all(['a', 'b'].map((name) => mkdtemp(join(tmpdir(), `owner-${name}-`))))
})
afterEach(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true }))))

it('is drawn once for a state folder, and is another one for another', async () => {
  const first = await readOwner(dirs[0]!)
  expect(first).toMatch(/^[0-9a-f-]{36}$/)
  expect(await readOwner(dirs[0]!)).toBe(first)
  expect(await readOwner(dirs[1]!)).not.toBe(first)
})

it('is not drawn anew over a damaged one', async () => {
  await writeFile(join(dirs[0]!, 'owner'), '\n')
  await expect(readOwner(dirs[0]!)).rejects.toThrow('restore it')
})
