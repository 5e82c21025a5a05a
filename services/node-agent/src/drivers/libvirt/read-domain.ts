import type { Accelerator, Arch } from '@bramble/contracts'
import { agentChannel } from './domain-xml.ts'
import { attribute, attributeOf, textOf } from './read-xml.ts'

/** What a running domain says of itself, read from libvirt's description of it. */
export interface DomainReading {
  owner: string
  slotId: string
  arch: Arch
  accelerator: Accelerator
  machineType: string
  cpuModel: string
  cpus: number
  /** Whether the guest agent has its end of the channel open. */
  hasAgent: boolean
}

/** undefined: not a domain of ours. */
export function readDomain(xml: string): DomainReading | undefined {
  const owner = attributeOf(xml, 'bramble:slot', 'owner')
  const slotId = attributeOf(xml, 'bramble:slot', 'id')
  if (owner === undefined || slotId === undefined) return undefined
  return {
    owner,
    slotId,
    arch: attributeOf(xml, 'type', 'arch') as Arch,
    accelerator: attributeOf(xml, 'domain', 'type') === 'kvm' ? 'kvm' : 'tcg',
    machineType: attributeOf(xml, 'type', 'machine')!,
    cpuModel: textOf(xml, 'model')!,
    cpus: Number(textOf(xml, 'vcpu')),
    hasAgent: isAgentConnected(xml),
  }
}

function isAgentConnected(xml: string): boolean {
  const targets = xml.match(/<target\b[^>]*>/g) ?? []
  const channel = targets.find((tag) => attribute(tag, 'name') === agentChannel)
  return channel !== undefined && attribute(channel, 'state') === 'connected'
}
