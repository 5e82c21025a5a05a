import { isLibvirtError } from '@bramble/libvirt'
import type { DomainRef } from '@bramble/libvirt'
import type { Domain } from '../driver.ts'
import { namePrefix } from './domain-xml.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { readDomain } from './read-domain.ts'

/** VIR_DOMAIN_PAUSED_MIGRATION. */
const pausedForMigration = 2

/** Domains of this agent's state folder; those of another agent on the same hypervisor are left out. */
export async function listDomains(context: LibvirtContext): Promise<Domain[]> {
  const ours = (await context.libvirt.domains.list()).filter(({ name }) => name.startsWith(namePrefix))
  const domains = await Promise.all(ours.map((ref) => describeDomain(context, ref).catch(ignoreGone)))
  return domains.filter((domain) => domain !== undefined)
}

async function describeDomain(context: LibvirtContext, ref: DomainRef): Promise<Domain | undefined> {
  const reading = readDomain(await context.libvirt.domains.xml(ref))
  if (reading?.owner !== context.owner) return undefined
  const { slotId } = reading
  return { slotId, domainUuid: ref.uuid, state: await stateOf(context, ref, slotId) }
}

async function stateOf({ libvirt, busy }: LibvirtContext, ref: DomainRef, slotId: string): Promise<Domain['state']> {
  const { state } = await libvirt.domains.state(ref)
  if (state === 'running' || state === 'blocked') return 'running'
  if (state !== 'paused') return 'stopped'
  // A VM at work looks paused: it waits for its memory, or stands still for a moment to be captured.
  const work = busy.get(slotId)
  return work === undefined ? 'paused' : work === 'starting' ? 'incoming' : 'running'
}

/** A capture that was cut off by the end of its agent leaves its guest standing still: let it run on. */
export async function resumeInterrupted(context: LibvirtContext): Promise<void> {
  for (const { slotId, domainUuid, state } of await listDomains(context)) {
    if (state !== 'paused') continue
    const ref = { name: `${namePrefix}${slotId}`, uuid: domainUuid, id: -1 }
    const { reason } = await context.libvirt.domains.state(ref)
    if (reason !== pausedForMigration) continue
    context.log.warn({ slot: slotId }, 'a capture was cut off: its guest runs on')
    await context.libvirt.domains.resume(ref)
  }
}

function ignoreGone(error: unknown): undefined {
  if (isLibvirtError(error, 'noDomain')) return undefined
  throw error
}
