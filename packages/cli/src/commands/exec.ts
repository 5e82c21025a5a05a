import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { ExitError } from '../exit-code.ts'
import { parseDurationMs } from '../parse/duration.ts'
import { readInput } from '../read-input.ts'
import { withSession } from './verbs.ts'

interface ExecFlags {
  stdin?: string
  timeout: string
}

const exec = async (session: Session, instance: string, command: string[], flags: ExecFlags): Promise<void> => {
  const stdin = flags.stdin === undefined ? undefined : await readInput(flags.stdin)
  const timeoutSeconds = Math.ceil(parseDurationMs(flags.timeout) / 1000)
  const body = { command, timeoutSeconds, ...(stdin && { stdinBase64: stdin.toString('base64') }) }
  const result = await session.client.instances.exec({ params: { instance }, body })
  process.stdout.write(Buffer.from(result.stdoutBase64, 'base64'))
  process.stderr.write(Buffer.from(result.stderrBase64, 'base64'))
  if (result.truncated) session.output.say('the output was longer than is kept; its end is missing')
  if (result.exitCode !== 0) throw new ExitError(result.exitCode)
}

/** `exec`, both below `instance` and at the top: passes the guest command's exit code through. */
export const addExec = (parent: Command): Command =>
  parent
    .command('exec <instance> <command...>')
    .description('run a command in the guest through its agent (write -- before the command)')
    .option('--stdin <file>', 'feed this file (- for stdin) to the command')
    .option('--timeout <duration>', 'how long the command may take', '60s')
    .action(withSession(exec))
