import { join } from 'node:path'
import { runProgram } from './run-program.ts'

const script = join(import.meta.dirname, '../../../scripts/guest/build')

/** Puts a disk of the tiny guest (scripts/guest/README.md) there; the first time on a machine it is built. */
export async function buildTinyGuest(path: string): Promise<void> {
  const { exitCode, stderr } = await runProgram([script, 'tiny', path])
  if (exitCode !== 0) throw new Error(`the tiny guest was not built:\n${stderr}`)
}
