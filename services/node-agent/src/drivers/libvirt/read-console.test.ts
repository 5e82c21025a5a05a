import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConsole } from './read-console.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'console-'))
})
afterEach(() => rm(dir, { recursive: true }))

const tail = async (bytes: number) => (await readConsole(join(dir, 'console.log'), bytes)).toString()

it('reads on into rotated files, in the order in which they were written', async () => {
  for (const [name, text] of [
    ['console.log', 'gh'],
    ['console.log.0', 'def'],
    ['console.log.1', 'abc'],
  ] as const) {
    await writeFile(join(dir, name), text)
  }
  expect(await tail(100)).toBe('abcdefgh')
  expect(await tail(4)).toBe('efgh')
  expect(await tail(1)).toBe('h')
})

it('has nothing to say where nothing was written', async () => expect(await tail(10)).toBe(''))
