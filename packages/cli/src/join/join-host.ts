// One host, step by step: the checkout, the machine, the invitation.
import type { Host } from './host.ts'
import { readFailure, readLastLine, readStep, readWaits } from './read-answer.ts'
import type { Answer } from './read-answer.ts'
import { joinCommand, lookCommand, prepareCommand, unpackCommand } from './remote-commands.ts'
import type { RemotePlan, WhatIsThere } from './remote-commands.ts'
import type { RunSsh, SshCall } from './run-ssh.ts'
import type { Welcome } from './welcome.ts'

export type Outcome =
  { host: string; result: 'joined' | 'waits'; node: string } | { host: string; result: 'failed'; reason: string }

export interface Joining {
  plan: RemotePlan
  ssh: RunSsh
  /** The checkout to bring; absent when none is to be brought. */
  pack?: () => Promise<Uint8Array>
  welcome: Welcome
  timeoutMs: number
  /** Told of the step that is under way. */
  onStep: (host: string, step: string) => void
}

class StepFailed extends Error {}

/** Never throws: what went wrong is its outcome. */
export const joinHost = async ({ destination, node }: Host, joining: Joining): Promise<Outcome> => {
  const { plan, welcome, onStep } = joining
  const host = destination
  const signal = AbortSignal.timeout(joining.timeoutMs)
  const run: Run = async (step, call) => {
    onStep(host, step)
    const onLine = (line: string) => {
      const told = readStep(line)
      if (told) onStep(host, told)
    }
    const answer = await joining.ssh({ destination, onLine, ...call }, signal)
    if (answer.exitCode !== 0) throw new StepFailed(readFailure(answer, destination))
    return answer
  }
  try {
    await bringCheckout(joining, run)
    await run('preparing the machine', { command: prepareCommand(plan) })
    const command = joinCommand(plan, welcome.masterUrl, node)
    const joined = await run('joining', { command, stdin: `${await welcome.token()}\n` })
    return { host, result: readWaits(joined) ? 'waits' : 'joined', node: readLastLine(joined) }
  } catch (error) {
    return { host, result: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

type Run = (step: string, call: Pick<SshCall, 'command' | 'stdin'>) => Promise<Answer>

const bringCheckout = async ({ plan, pack }: Joining, run: Run): Promise<void> => {
  const there = readLastLine(await run('looking for the checkout', { command: lookCommand(plan) })) as WhatIsThere
  if (there === 'checkout') return
  if (there === 'something') throw new StepFailed(`${plan.folder} there is no checkout: name another --remote-dir`)
  if (!pack) throw new StepFailed(`there is no checkout in ${plan.folder}: leave --no-copy out, or name --remote-dir`)
  await run('copying the checkout', { command: unpackCommand(plan), stdin: await pack() })
}
