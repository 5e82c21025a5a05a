// Talks to the guest agent (qemu-ga) through libvirt. Source of the commands: QEMU's qga/qapi-schema.json.
import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '@bramble/kit'
import { ConnectionError, isLibvirtError } from '@bramble/libvirt'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { readDomain } from './read-domain.ts'

export async function hasAgent({ libvirt }: LibvirtContext, slot: Slot): Promise<boolean> {
  return readDomain(await libvirt.domains.xml(domainRef(slot)))?.hasAgent ?? false
}

/** libvirt hears of the agent's end of the channel a moment after the resume. */
export async function awaitAgent(context: LibvirtContext, slot: Slot, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; ; await sleep(20)) {
    if (await hasAgent(context, slot)) return true
    if (performance.now() >= deadline) return false
  }
}

export async function askAgent<T>(
  { libvirt }: LibvirtContext,
  slot: Slot,
  command: { execute: string; arguments?: object },
  timeoutSeconds = 10,
): Promise<T> {
  try {
    const answer = (await libvirt.qemu.agentCommand(domainRef(slot), command, timeoutSeconds)) as { return: T }
    return answer.return
  } catch (cause) {
    // Then libvirt is away, and nothing is known of the guest.
    if (cause instanceof ConnectionError) throw cause
    if (isLibvirtError(cause, 'noDomain') || isLibvirtError(cause, 'operationInvalid')) {
      throw new ProblemError('guest_stopped', 'The guest does not run.', { cause })
    }
    throw new ProblemError('guest_agent_failed', `${command.execute}: ${(cause as Error).message}`, { cause })
  }
}
