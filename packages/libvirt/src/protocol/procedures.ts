// The calls this client knows, as one table: name -> number, layout of the arguments, layout of the result.
// To add a call, add a row; its TypeScript types follow from it.
//
// Sources: numbers from libvirt's systemtap tapset (Debian package libvirt-daemon, libvirt_functions.stp, 11.3.0);
// layouts from src/remote/remote_protocol.x and src/remote/qemu_protocol.x of libvirt. Both only ever grow: a number
// or a layout, once released, stays.
import type { Codec, Infer } from '../xdr/index.ts'
import { connectProcedures } from './connect-procedures.ts'
import { domainProcedures } from './domain-procedures.ts'
import { migrationProcedures } from './migration-procedures.ts'
import { qemuProcedures } from './qemu-procedures.ts'

export type Procedure = {
  /** Without one: the hypervisor-independent program. */
  program?: number
  number: number
  args: Codec<unknown>
  ret: Codec<unknown>
}

export const remoteProgram = 0x20008086

export const procedures = {
  ...connectProcedures,
  ...domainProcedures,
  ...migrationProcedures,
  ...qemuProcedures,
} satisfies Record<string, Procedure>

export type ProcedureName = keyof typeof procedures
export type Args<N extends ProcedureName> = Infer<(typeof procedures)[N]['args']>
export type Ret<N extends ProcedureName> = Infer<(typeof procedures)[N]['ret']>

export type CallOptions = {
  /** The answer must be there by then, the wait for a free place among the calls in flight included. */
  timeoutMs?: number
}

/** One remote call; rejects with LibvirtError (the daemon's answer) or ConnectionError (no answer). */
export type Call = <N extends ProcedureName>(name: N, args: Args<N>, options?: CallOptions) => Promise<Ret<N>>
