import { clockCalls } from './facade/clock.ts'
import { domainCalls } from './facade/domains.ts'
import { hostCalls } from './facade/host.ts'
import { migrationCalls } from './facade/migration.ts'
import { qemuCalls } from './facade/qemu.ts'
import { savingCalls } from './facade/saving.ts'
import { Link } from './link.ts'
import type { LinkOptions } from './link.ts'

export type Libvirt = Awaited<ReturnType<typeof connectLibvirt>>

/** Rejects when the first connection fails; later losses are repaired by the link, which tells of them. */
export async function connectLibvirt(options: LinkOptions = {}) {
  const link = new Link(options)
  await link.open()
  const { call } = link
  return {
    /** The connection's own life: `link.on('disconnected' | 'reconnected' | 'closed', ...)`. */
    link,
    /** Any procedure of the table, by name. */
    call,
    host: hostCalls(call),
    domains: { ...domainCalls(call), ...savingCalls(call), ...clockCalls(call) },
    migration: migrationCalls(call),
    qemu: qemuCalls(call),
    onDomainEvent: link.onDomainEvent,
    close: () => link.close(),
  }
}
