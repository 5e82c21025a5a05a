import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Answer } from './read-answer.ts'

export interface SshCall {
  destination: string
  command: string
  stdin?: string | Uint8Array
  /** Told of every line of stderr. */
  onLine: (line: string) => void
}

export type RunSsh = (call: SshCall, signal: AbortSignal) => Promise<Answer>

// Asks nothing: many hosts cannot be answered at once. The user's options come first, as ssh takes the first of each. How
// host keys are checked is left to the user's configuration.
const ourOptions = ['ConnectTimeout=15', 'ServerAliveInterval=15', 'ServerAliveCountMax=4']

const flagsOf = (options: string[]): string[] =>
  ['BatchMode=yes', ...options, ...ourOptions].flatMap((option) => ['-o', option])

/** A host's words must not steer the terminal here. */
const withoutControls = (text: string): string => text.replace(/\p{Cc}/gu, '')

/** The system's ssh, with `-o` for each of the options. It ends with the signal, and with this process. */
export const createRunSsh =
  (options: string[]): RunSsh =>
  ({ destination, command, stdin, onLine }, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return resolve({ exitCode: null, stdout: '', stderr: [] })
      const child = spawn('ssh', [...flagsOf(options), '-T', '--', destination, command])
      const stderr: string[] = []
      let stdout = ''
      const end = () => void child.kill()
      signal.addEventListener('abort', end)
      process.once('exit', end)
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      createInterface({ input: child.stderr }).on('line', (text) => {
        const line = withoutControls(text)
        stderr.push(line)
        onLine(line)
      })
      child.stdin.on('error', () => {}).end(stdin)
      child.on('error', (cause) => reject(new Error('ssh cannot be run here: install openssh-client', { cause })))
      child.on('close', (code) => {
        signal.removeEventListener('abort', end)
        process.off('exit', end)
        resolve({ exitCode: signal.aborted ? null : (code ?? 1), stdout, stderr })
      })
    })
