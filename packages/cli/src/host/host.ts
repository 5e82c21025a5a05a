import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, open, readdir, stat, statfs } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The host on which the CLI runs, as far as `doctor` and `support-bundle` look at it. Nothing here changes it. */
export interface Host {
  now(): Date
  hostname(): string
  /** Undefined when there is no such program, or it does not end in time. */
  run(command: string, args: string[]): Promise<ProgramAnswer | undefined>
  /** The end of a text file, at most so many bytes of it; undefined when it cannot be read. */
  tail(path: string, bytes: number): Promise<string | undefined>
  /** Paths of the files in a folder; none when it cannot be read. */
  filesIn(folder: string): Promise<string[]>
  /** Whether there is such a file, and whether this user may read and write it. */
  access(path: string): Promise<'absent' | 'denied' | 'granted'>
  /** Permissions of a file; undefined when there is none. */
  mode(path: string): Promise<number | undefined>
  /** Free and total bytes where the path is, or would be; undefined when that cannot be told. */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number } | undefined>
}

export interface ProgramAnswer {
  exitCode: number
  stdout: string
  stderr: string
}

const runLimits = { timeout: 20_000, maxBuffer: 64 * 1024 * 1024 }

export const thisHost: Host = {
  now: () => new Date(),
  hostname,
  run: (command, args) =>
    new Promise((resolve) => {
      execFile(command, args, runLimits, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') return resolve(undefined)
        resolve({ exitCode: error ? Number(error.code) : 0, stdout, stderr })
      })
    }),
  tail: (path, bytes) => readTail(path, bytes).catch(() => undefined),
  filesIn: async (folder) => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    return entries.filter((it) => it.isFile()).map((it) => join(folder, it.name))
  },
  access: async (path) => {
    const answer = await access(path, constants.R_OK | constants.W_OK).catch((error: NodeJS.ErrnoException) => error)
    if (!answer) return 'granted'
    return answer.code === 'ENOENT' ? 'absent' : 'denied'
  },
  mode: async (path) => (await stat(path).catch(() => undefined))?.mode,
  space: async (path) => {
    const found = await statfs(path).catch(() => undefined)
    return found && { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize }
  },
}

const readTail = async (path: string, bytes: number): Promise<string> => {
  await using file = await open(path)
  const { size } = await file.stat()
  const start = Math.max(0, size - bytes)
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start })
  const text = buffer.subarray(0, bytesRead).toString('utf8')
  // The first line is whole only at the beginning of the file; half a secret would not be known as one.
  return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
}
