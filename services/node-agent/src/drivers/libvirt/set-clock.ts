import { setTimeout as sleep } from 'node:timers/promises'
import { describeError, ProblemError } from '@bramble/kit'
import { ConnectionError, isLibvirtError } from '@bramble/libvirt'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import { awaitAgent } from './guest-agent.ts'
import type { LibvirtContext } from './libvirt-context.ts'

const agentPatienceMs = 500
const toleranceMs = 2000
/** libvirt itself waits for a guest's answer without end. */
const callTimeoutMs = 10_000
/** Asked behind a call that is still waited for. */
const lookTimeoutMs = 3000
const maxTries = 3
const pauseMs = 200

/**
 * Sets the guest's clock to the host's. A guest that was just resumed, or is under load, may fail once or be late.
 * Rejects with guest_agent_failed after all tries, with guest_stopped.
 */
export async function setClock(context: LibvirtContext, slot: Slot): Promise<'set' | 'noAgent'> {
  if (!(await awaitAgent(context, slot, agentPatienceMs))) return 'noAgent'
  let failure: string | undefined
  for (let tried = 1; tried <= maxTries; tried++) {
    failure = await trySetting(context, slot)
    if (failure === undefined) return 'set'
    if (tried < maxTries) await sleep(pauseMs * tried)
  }
  throw new ProblemError('guest_agent_failed', `The guest's clock could not be set in ${maxTries} tries: ${failure}.`)
}

/** What went wrong with it; undefined when the clock is right. */
async function trySetting(context: LibvirtContext, slot: Slot): Promise<string | undefined> {
  try {
    const began = performance.now()
    await context.libvirt.domains.setTime(domainRef(slot), new Date(), { timeoutMs: callTimeoutMs })
    // It was set between then and now; one that took long to obey is asked what it has.
    if (performance.now() - began <= toleranceMs) return undefined
    const offMs = await offBy(context, slot, callTimeoutMs)
    return offMs <= toleranceMs ? undefined : `it stays ${offMs} ms off`
  } catch (error) {
    if (isLibvirtError(error, 'noDomain') || isLibvirtError(error, 'operationInvalid')) {
      throw new ProblemError('guest_stopped', 'The guest stopped before its clock was set.', { cause: error })
    }
    if (error instanceof ConnectionError && error.failure !== 'timeout') throw error
    // QEMU's agent sets the clock first and then has `hwclock` write it, which waits for a tick of the clock of a machine that
    // was just resumed, up to 10 s, and may fail: the clock that programs see is right all the same.
    const offMs = await offBy(context, slot, lookTimeoutMs).catch(() => Infinity)
    return offMs <= toleranceMs ? undefined : describeError(error)
  }
}

async function offBy({ libvirt: { domains } }: LibvirtContext, slot: Slot, timeoutMs: number): Promise<number> {
  const guest = await domains.time(domainRef(slot), { timeoutMs })
  return Math.abs(guest.getTime() - Date.now())
}
