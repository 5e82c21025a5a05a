import { exitCodes } from '@bramble/contracts'
import { describeFailure, ExitError, exitCodeOf } from '../exit-code.ts'

/** Does it with one after another, telling what fails; exit code 8 when some went well and others not. */
export const forEachName = async <Name extends string>(
  names: readonly Name[],
  act: (name: Name) => Promise<void>,
): Promise<void> => {
  const failures: unknown[] = []
  for (const name of names) {
    await act(name).catch((error: unknown) => {
      process.stderr.write(`${name}: ${describeFailure(error)}\n`)
      failures.push(error)
    })
  }
  if (failures.length === 0) return
  throw new ExitError(failures.length < names.length ? exitCodes.partial : exitCodeOf(failures[0]))
}
