import { ProblemError } from '@bramble/kit'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import { awaitAgent } from './guest-agent.ts'
import type { LibvirtContext } from './libvirt-context.ts'

const agentPatienceMs = 500
const toleranceMs = 2000
const maxTries = 3

/** Sets the guest's clock to the host's. One that took long to obey, as a guest under load does, is asked what it has. */
export async function setClock(context: LibvirtContext, slot: Slot): Promise<'set' | 'noAgent'> {
  if (!(await awaitAgent(context, slot, agentPatienceMs))) return 'noAgent'
  const { domains } = context.libvirt
  const domain = domainRef(slot)
  for (let tried = 1; ; tried++) {
    const began = performance.now()
    await domains.setTime(domain, new Date())
    // It was set between then and now.
    if (performance.now() - began <= toleranceMs) return 'set'
    const guest = await domains.time(domain)
    const offMs = Math.abs(guest.getTime() - Date.now())
    if (offMs <= toleranceMs) return 'set'
    if (tried === maxTries) throw new ProblemError('guest_agent_failed', `The guest's clock stays ${offMs} ms off.`)
  }
}
