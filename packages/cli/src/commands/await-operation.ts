import { ProblemError, waitOperation } from '@bramble/client'
import { isTerminal, makeProblem, type Operation } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { openProgress } from '../output/progress.ts'
import { parseDurationMs } from '../parse/duration.ts'

export interface WaitFlags {
  wait: boolean
  timeout?: string
}

/** Adds --no-wait and --timeout to a command that starts an operation. */
export const addWaitFlags = (command: Command): Command =>
  command
    .option('--no-wait', 'return at once and print the operation')
    .option('--timeout <duration>', 'give up waiting after this long; the operation goes on (exit code 6)')

/**
 * Shows an operation's progress until its end. Throws the operation's problem when it failed. With --no-wait returns
 * undefined after printing the id.
 */
export const awaitOperation = async (
  session: Session,
  operation: Operation,
  flags: WaitFlags,
): Promise<Operation | undefined> => {
  if (!flags.wait) {
    session.output.text(operation.id)
    return undefined
  }
  const line = openProgress(session.flags.quiet)
  const ended = await waitOperation(session.client, operation.id, {
    timeoutMs: flags.timeout === undefined ? undefined : parseDurationMs(flags.timeout),
    onChange: (it) => {
      if (!isTerminal(it.status)) line.show(`${it.kind}: ${it.phase}`, it.progress)
    },
  })
  line.done(`${ended.kind}: ${ended.status}`)
  if (ended.status === 'succeeded') return ended
  throw new ProblemError(ended.error ?? makeProblem('operation_cancelled', `operation ${ended.id} was cancelled`))
}
