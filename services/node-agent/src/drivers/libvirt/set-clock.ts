import { ProblemError } from '@bramble/kit'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import { awaitAgent } from './guest-agent.ts'
import type { LibvirtContext } from './libvirt-context.ts'

const agentPatienceMs = 500
const toleranceMs = 2000
const maxTries = 3

/** Sets the guest's clock to the host's, and asks it back: a guest under load may be late in doing it. */
export async function setClock(context: LibvirtContext, slot: Slot): Promise<'set' | 'noAgent'> {
  if (!(await awaitAgent(context, slot, agentPatienceMs))) return 'noAgent'
  const { domains } = context.libvirt
  const domain = domainRef(slot)
  for (let tried = 1; ; tried++) {
    await domains.setTime(domain, new Date())
    const guest = await domains.time(domain)
    const offMs = Math.abs(guest.getTime() - Date.now())
    if (offMs <= toleranceMs) return 'set'
    if (tried === maxTries) throw new ProblemError('guest_agent_failed', `The guest's clock stays ${offMs} ms off.`)
  }
}
