// An embedded cloudlet as users run it: a process of its own, with its log in a file and its store on a disk. The bench is
// its client, so that on two cores neither has to share one with the other.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'
import { cpuMsOf } from './process-cpu.ts'

export interface EmbeddedProcess extends AsyncDisposable {
  client: Client
  pid: number
  /** What it has used of processors until now. */
  cpuMs(): Promise<number>
}

const main = new URL('../../services/embedded/src/main.ts', import.meta.url).pathname
const startMs = 120_000

/**
 * `settings` by dotted key, as in config/embedded.example.yaml: `{ 'simulated.nodes': 500 }`. BENCH_LOG=FILE keeps its log.
 */
export async function startEmbeddedProcess(
  stateDir: string,
  settings: Record<string, string | number>,
): Promise<EmbeddedProcess> {
  const logPath = process.env['BENCH_LOG'] ?? join(stateDir, 'embedded.log')
  const child = await spawnInto(logPath, [...nodeFlags(), main, '--state', stateDir, '--port', '0'], settings)
  const stop = () => endProcess(child)
  try {
    const url = await pollUntil(() => servedUrl(logPath, child), `a cloudlet to serve, see ${logPath}`, startMs)
    const token = (await pollUntil(() => readToken(stateDir), 'the first admin token', startMs)).trim()
    const client = createClient({ url, token })
    return { client, pid: child.pid!, cpuMs: () => cpuMsOf(child.pid!), [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** BENCH_PROFILE=DIR leaves a CPU profile of every cloudlet there. */
const nodeFlags = () => {
  const folder = process.env['BENCH_PROFILE']
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}

async function spawnInto(logPath: string, args: string[], settings: Record<string, string | number>) {
  await using log = await open(logPath, 'w')
  const named = ([key, value]: [string, string | number]) => [
    `BRAMBLE__${key
      .replaceAll('.', '__')
      .replace(/[A-Z]/g, (letter) => `_${letter}`)
      .toUpperCase()}`,
    `${value}`,
  ]
  const env = { ...process.env, ...Object.fromEntries(Object.entries(settings).map(named)) }
  return spawn(process.execPath, args, { env, stdio: ['ignore', log.fd, log.fd] })
}

async function servedUrl(logPath: string, child: ChildProcess): Promise<string | undefined> {
  const text = await readFile(logPath, 'utf8')
  if (child.exitCode !== null) throw new Error(`the cloudlet ended with ${child.exitCode}:\n${text.slice(-4000)}`)
  return /"url":"(http:[^"]+)"[^\n]*"msg":"serving"/.exec(text)?.[1]
}

const readToken = (stateDir: string) => readFile(join(stateDir, 'first-admin-token'), 'utf8').catch(() => undefined)

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
