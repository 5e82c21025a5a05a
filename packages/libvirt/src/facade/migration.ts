// The five steps of a migration, for those who play one side of it themselves. Each hands its cookie to the next:
//
//   source        begin -> .                  . -> perform -> .             . -> confirm
//   destination            . -> prepare -> .                  . -> finish -> .
//
// To save, be the destination: begin; listen on a unix socket; perform towards it, read the stream, and answer on its
// return path; confirm. With `isCancelled` the source then runs on, without it ends. To resume, be the source: prepare
// (QEMU starts and waits); connect to its unix socket and write the stream; finish. In the place of the cookies of the
// side that is missing goes a `destinationCookie`.
import { bits, migrateFlags } from '../protocol/flags.ts'
import type { Call, CallOptions } from '../protocol/procedures.ts'
import type { DomainRef } from '../protocol/types.ts'
import { done } from './domains.ts'

type Flags = { flags: readonly (keyof typeof migrateFlags)[] }

/** `uri`: of the stream, as in unix:///run/example.sock. `xml`: what the destination shall use instead of its own. */
export type Prepare = Flags & { xml: string; uri: string; cookie: Buffer; name?: string }
export type Begin = Flags & { domain: DomainRef; xml?: string }
export type Perform = Flags & { domain: DomainRef; uri: string; cookie: Buffer; xml?: string; maxMbps?: number }
export type Finish = Flags & { name: string; uri: string; cookie: Buffer; isCancelled?: boolean }
export type Confirm = Flags & { domain: DomainRef; cookie: Buffer; isCancelled: boolean }

export const migrationCalls = (call: Call) => ({
  begin: ({ domain, xml, flags }: Begin) =>
    call('domainMigrateBegin3', { domain, xml: xml ?? null, flags: wire(flags), name: null, resourceMbps: 0 }),

  /** libvirtd 11.3 crashes on an empty cookie; this refuses it. */
  prepare: ({ xml, uri, cookie, name, flags }: Prepare, options?: CallOptions) =>
    call(
      'domainMigratePrepare3',
      { cookie: filled(cookie), uri, flags: wire(flags), name: name ?? null, resourceMbps: 0, xml },
      options,
    ),

  /** Returns when the whole stream has been sent and the other side has closed its return path. */
  perform: async ({ domain, uri, cookie, xml, maxMbps = 0, flags }: Perform, options?: CallOptions) => {
    const more = { xml: xml ?? null, destinationConnectUri: null, name: null, resourceMbps: maxMbps }
    const args = { domain, cookie: filled(cookie), uri, flags: wire(flags), ...more }
    return (await call('domainMigratePerform3', args, options)).cookie
  },

  finish: ({ name, uri, cookie, isCancelled, flags }: Finish, options?: CallOptions) =>
    call(
      'domainMigrateFinish3',
      {
        name,
        cookie: filled(cookie),
        destinationConnectUri: null,
        uri,
        flags: wire(flags),
        cancelled: Number(isCancelled ?? false),
      },
      options,
    ),

  confirm: ({ domain, cookie, isCancelled, flags }: Confirm) =>
    done(
      call('domainMigrateConfirm3', {
        domain,
        cookie: filled(cookie),
        flags: wire(flags),
        cancelled: Number(isCancelled),
      }),
    ),
})

const wire = (flags: Flags['flags']) => bits(migrateFlags, flags)

function filled(cookie: Buffer): Buffer {
  if (cookie.length === 0) throw new TypeError('an empty migration cookie crashes libvirtd: use destinationCookie()')
  return cookie
}
