import { join } from 'node:path'
import { runProgram } from './run-program.ts'

const script = join(import.meta.dirname, '../../../scripts/guest/build')

/** Puts a disk of that guest (scripts/guest/README.md) there; the first time on a machine it is built. */
export async function buildGuest(kind: 'tiny' | 'debian', path: string): Promise<void> {
  const { exitCode, stderr } = await runProgram([script, kind, path])
  if (exitCode !== 0) throw new Error(`the ${kind} guest was not built:\n${stderr}`)
}

export const buildTinyGuest = (path: string): Promise<void> => buildGuest('tiny', path)
