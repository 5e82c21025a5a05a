// A service as users run it: a process of its own, told by flags and environment, that writes its log as JSON lines.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ServiceOptions {
  /** Path of its main.ts. */
  main: string
  args?: string[]
  /** Beside those of this process. */
  env?: Record<string, string>
  /** Flags for Node itself: `['--import', file]`. */
  nodeArgs?: string[]
  /** Name of a network namespace (as of `ip netns`) to run in. Default: the caller's. */
  netns?: string | undefined
}

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface LogLine {
  msg: string
  url?: string
}

export interface ServiceProcess {
  pid: number
  /** The first line of its log whose message begins so; rejects with the log when it ends before, or takes longer. */
  said(message: string, timeoutMs?: number): Promise<LogLine>
  ended: Promise<Ended>
  hasEnded: () => boolean
  kill(signal: NodeJS.Signals): void
  /** All that it wrote so far. */
  logs: () => string
}

/** As the images start services (docker/Dockerfile). */
const ownNodeArgs = ['--max-semi-space-size=8']
const ownEnv = { MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '131072' }

export function startService({ main, args = [], env, nodeArgs = [], netns }: ServiceOptions): ServiceProcess {
  const node = [process.execPath, ...ownNodeArgs, ...nodeArgs, main, ...args]
  const [command, ...rest] = [...(netns ? ['nsenter', `--net=/run/netns/${netns}`] : []), ...node] as [
    string,
    ...string[],
  ]
  const child = spawn(command, rest, { env: { ...process.env, ...ownEnv, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const read: LogLine[] = []
  const waiting = new Set<() => void>()
  const note = (line: string) => {
    lines.push(line)
    const parsed = parseLine(line)
    if (!parsed) return
    read.push(parsed)
    for (const look of [...waiting]) look()
  }
  createInterface({ input: child.stdout }).on('line', note)
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const ended = once(child, 'close').then((how) => ({ code: how[0], signal: how[1] }) as Ended)

  const said = (message: string, timeoutMs = 40_000): Promise<LogLine> => {
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>()
    const giveUp = (why: string) => reject(new Error(`it ${why} before it said "${message}":\n${lines.join('\n')}`))
    const timer = setTimeout(() => giveUp(`took more than ${timeoutMs} ms`), timeoutMs)
    const look = () => {
      const found = read.find(({ msg }) => msg.startsWith(message))
      if (!found) return
      waiting.delete(look)
      resolve(found)
    }
    waiting.add(look)
    look()
    void ended.then(({ signal, code }) => giveUp(`ended (${signal ?? code})`))
    promise.catch(() => {}).finally(() => clearTimeout(timer))
    return promise
  }

  return {
    pid: child.pid!,
    said,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill: (signal) => void child.kill(signal),
    logs: () => lines.join('\n'),
  }
}

function parseLine(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line) as Partial<LogLine>
    return typeof parsed.msg === 'string' ? { ...parsed, msg: parsed.msg } : undefined
  } catch {
    return undefined
  }
}
