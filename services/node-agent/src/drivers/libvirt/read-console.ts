import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openOwnFile } from './open-own-file.ts'

/** The last bytes of a log that virtlogd rotates: `console.log` is the newest, then `.0`, `.1` and so on. */
export async function readConsole(path: string, tailBytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let wanted = tailBytes
  for (const file of await newestFirst(path)) {
    if (wanted <= 0) break
    const part = await readTail(file, wanted)
    parts.unshift(part)
    wanted -= part.length
  }
  return Buffer.concat(parts)
}

async function newestFirst(path: string): Promise<string[]> {
  const [dir, name] = [dirname(path), basename(path)]
  const age = (file: string) => (file === name ? -1 : Number(file.slice(name.length + 1)))
  const files = (await readdir(dir).catch(() => [])).filter((file) => file === name || file.startsWith(`${name}.`))
  return files.sort((a, b) => age(a) - age(b)).map((file) => join(dir, file))
}

async function readTail(path: string, maxBytes: number): Promise<Buffer> {
  await using file = await openOwnFile(path)
  const { size } = await file.stat()
  const tail = Buffer.alloc(Math.min(size, maxBytes))
  const { bytesRead } = await file.read(tail, 0, tail.length, size - tail.length)
  return tail.subarray(0, bytesRead)
}
