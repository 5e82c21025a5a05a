import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecRequest, ExecResult } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Slot } from '../driver.ts'
import { askAgent, awaitAgent } from './guest-agent.ts'
import type { LibvirtContext } from './libvirt-context.ts'

interface ExecStatus {
  exited: boolean
  exitcode?: number
  signal?: number
  'out-data'?: string
  'err-data'?: string
  'out-truncated'?: boolean
  'err-truncated'?: boolean
}

const firstPollMs = 20
const longestPollMs = 500
/** libvirt carries no string above 4 MiB, and closes the agent's channel on an answer above 10 MiB. */
const maxStdinBase64 = 3 * 1024 * 1024

/** Runs a command in the guest. Rejects with guest_agent_missing, guest_agent_failed, guest_stopped. */
export async function execInGuest(context: LibvirtContext, slot: Slot, request: ExecRequest): Promise<ExecResult> {
  if (!(await awaitAgent(context, slot, 500))) throw new ProblemError('guest_agent_missing', 'No guest agent answers.')
  const { pid } = await askAgent<{ pid: number }>(context, slot, execCommand(request))
  const deadline = performance.now() + request.timeoutSeconds * 1000
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 1.5, longestPollMs)) {
    const command = { execute: 'guest-exec-status', arguments: { pid } }
    const status = await askAgent<ExecStatus>(context, slot, command)
    if (status.exited) return resultOf(status)
    if (performance.now() >= deadline) return endLate(context, slot, { pid, request })
    await sleep(Math.min(pollMs, Math.max(1, deadline - performance.now())))
  }
}

function execCommand({ command, stdinBase64 }: ExecRequest) {
  if ((stdinBase64?.length ?? 0) > maxStdinBase64) {
    throw new ProblemError(
      'body_too_large',
      `The guest agent takes at most ${(maxStdinBase64 / 4) * 3} bytes of input.`,
    )
  }
  const [path, ...arg] = command
  const input = stdinBase64 === undefined ? {} : { 'input-data': stdinBase64 }
  return { execute: 'guest-exec', arguments: { path, arg, 'capture-output': true, ...input } }
}

/** A command that a signal ended has the exit code a shell would give it. */
const resultOf = (status: ExecStatus): ExecResult => ({
  exitCode: status.exitcode ?? 128 + (status.signal ?? 0),
  stdoutBase64: status['out-data'] ?? '',
  stderrBase64: status['err-data'] ?? '',
  truncated: (status['out-truncated'] ?? false) || (status['err-truncated'] ?? false),
})

async function endLate(
  context: LibvirtContext,
  slot: Slot,
  late: { pid: number; request: ExecRequest },
): Promise<never> {
  const { pid, request } = late
  const kill = { path: 'kill', arg: ['-9', `${pid}`] }
  await askAgent(context, slot, { execute: 'guest-exec', arguments: kill }).catch(() => {})
  throw new ProblemError('guest_agent_failed', `${request.command[0]} did not end within ${request.timeoutSeconds} s.`)
}
