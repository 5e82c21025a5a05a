// The embedded cloudlet as users run it: a process of its own, told by flags and environment, that says in its log
// where it serves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../../../services/embedded/src/main.ts')

export interface ProcessOptions {
  stateDir: string
  driver: 'simulated' | 'libvirt' | 'none'
  port: number
  env: Record<string, string>
  /** Name of a network namespace (as of `ip netns`) to run in. Default: the caller's. */
  netns?: string | undefined
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface CloudletProcess {
  pid: number
  /** Where it serves; rejects when it ended before it did. */
  url: Promise<string>
  ended: Promise<Ended>
  hasEnded: () => boolean
  /** All that it wrote so far, its log of JSON lines. */
  logs: () => string
}

interface LogLine {
  msg?: string
  url?: string
}

export function startProcess({ stateDir, driver, port, env, netns }: ProcessOptions): CloudletProcess {
  const node = [process.execPath, main, '--state', stateDir, '--port', `${port}`, '--driver', driver]
  const [command, ...args] = [...(netns ? ['nsenter', `--net=/run/netns/${netns}`] : []), ...node] as [
    string,
    ...string[],
  ]
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const served = Promise.withResolvers<string>()
  const read = (line: string) => {
    lines.push(line)
    const { msg, url } = parseLine(line)
    if (msg === 'serving' && url) served.resolve(url)
  }
  createInterface({ input: child.stdout }).on('line', read)
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then((how) => ({ code: how[0], signal: how[1] }) as Ended)
  served.promise.catch(() => {})
  void ended.then((how) =>
    served.reject(new Error(`the cloudlet ended (${how.signal ?? how.code}) before it served:\n${lines.join('\n')}`)),
  )
  return {
    pid: child.pid!,
    url: served.promise,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    logs: () => lines.join('\n'),
  }
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return {}
  }
}
