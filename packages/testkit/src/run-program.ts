import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'

export interface ProgramOptions {
  env?: Record<string, string>
  stdin?: string | Uint8Array
  /** Told of every piece of stdout while it runs; `end` ends it as Ctrl-C would. */
  onStdout?: (text: string, end: () => void) => void
}

export interface ProgramResult {
  /** -1 when a signal ended it. */
  exitCode: number
  stdout: string
  stderr: string
}

/** Runs a program to its end; it finds the same Node as this process. */
export async function runProgram([command, ...args]: [string, ...string[]], options: ProgramOptions = {}) {
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`
  const child = spawn(command, args, { env: { ...process.env, PATH: path, ...options.env } })
  const result: ProgramResult = { exitCode: -1, stdout: '', stderr: '' }
  const end = () => void child.kill('SIGINT')
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text
    options.onStdout?.(text, end)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text))
  child.stdin.on('error', () => {}).end(options.stdin)
  const [code] = (await once(child, 'close')) as [number | null]
  return { ...result, exitCode: code ?? -1 }
}

const script = join(import.meta.dirname, '../../../scripts/bramble')

/** The CLI of this checkout, as `scripts/bramble ARGS...`. */
export const runBramble = (args: string[], options?: ProgramOptions): Promise<ProgramResult> =>
  runProgram([script, ...args], options)
