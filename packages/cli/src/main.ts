import { exitCodes } from '@bramble/contracts'
import { CommanderError, type Command } from 'commander'
import { describeFailure, exitCodeOf } from './exit-code.ts'
import { buildProgram, refuseLateVersion } from './program.ts'

const throwInsteadOfExit = (command: Command): void => {
  command.exitOverride()
  command.commands.forEach(throwInsteadOfExit)
}

const run = async (argv: string[]): Promise<number> => {
  const program = buildProgram()
  throwInsteadOfExit(program)
  try {
    refuseLateVersion(program, argv.slice(2))
    await program.parseAsync(argv)
    return exitCodes.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    const text = describeFailure(error)
    if (text) process.stderr.write(`${text}\n`)
    return exitCodeOf(error)
  }
}

process.on('SIGINT', () => process.exit(exitCodes.interrupted))
// A reader that went away (`bramble events | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : exitCodes.failed),
)
process.exitCode = await run(process.argv)
