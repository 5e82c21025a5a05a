// Crash points: places, declared by name, at which a test kills the process with SIGKILL to see what survives. Each
// service declares its own in one table, and marks where they are by calling the function that the table gives:
//
//     export const crashPoint = defineCrashPoints(['launch.operationStored', 'launch.answered'])
//     crashPoint('launch.operationStored')
//
// `main.ts` arms them from the environment:
//
//     BRAMBLE_CRASH_AT    name of the point, or name:3 for its third hit
//     BRAMBLE_CRASH_FILE  a file looked at with every hit: the point that it names then kills, so that a process can be
//                         armed while it runs, after what it does at its start
//     BRAMBLE_CRASH_LOG   a file that gets a line with the name of every point hit, written before anything goes on
import { appendFileSync, readFileSync } from 'node:fs'

export interface CrashPoint<Name extends string> {
  (name: Name): void
  readonly names: readonly Name[]
}

const declared = new Set<string>()
let onHit: ((name: string) => void) | undefined

export function defineCrashPoints<const Name extends string>(names: readonly Name[]): CrashPoint<Name> {
  for (const name of names) declared.add(name)
  return Object.assign((name: Name) => onHit?.(name), { names })
}

export function armCrashPointsFrom(env: Readonly<Record<string, string | undefined>>): void {
  if (env['BRAMBLE_CRASH_LOG']) logCrashPoints(env['BRAMBLE_CRASH_LOG'])
  if (env['BRAMBLE_CRASH_FILE']) armCrashFile(env['BRAMBLE_CRASH_FILE'])
  if (!env['BRAMBLE_CRASH_AT']) return
  const [name = '', hits = '1'] = env['BRAMBLE_CRASH_AT'].split(':')
  armCrashPoint(name, { afterHits: Number(hits) })
}

/** Kills the process at the n-th hit of the point. @throws when no loaded table declares it */
export function armCrashPoint(name: string, { afterHits = 1 } = {}): void {
  if (!declared.has(name))
    throw new Error(`there is no crash point ${name}, only ${[...declared].join(', ') || 'none'}`)
  if (!Number.isInteger(afterHits) || afterHits < 1) throw new Error('a crash point is hit once or more')
  let hits = 0
  alsoOnHit((hit) => {
    if (hit === name && ++hits === afterHits) killThisProcess()
  })
}

/** Kills the process at the next hit of the point whose name is in the file, if there is one. */
export function armCrashFile(file: string): void {
  alsoOnHit((hit) => {
    if (readName(file) === hit) killThisProcess()
  })
}

function readName(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

export function logCrashPoints(file: string): void {
  alsoOnHit((name) => appendFileSync(file, `${name}\n`))
}

function alsoOnHit(act: (name: string) => void): void {
  const before = onHit
  onHit = (name) => {
    before?.(name)
    act(name)
  }
}

function killThisProcess(): void {
  process.kill(process.pid, 'SIGKILL')
  // The signal may take a moment: nothing may happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
