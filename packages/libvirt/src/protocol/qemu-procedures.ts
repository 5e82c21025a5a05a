import { i32, optional, string, struct } from '../xdr/index.ts'
import { domainRef, flags } from './types.ts'

const program = 0x20008087

/** Calls that only the QEMU driver answers, with programs' own JSON as text. */
export const qemuProcedures = {
  /** `flags` 1: the command is of the human monitor (HMP), not JSON (QMP). */
  qemuDomainMonitorCommand: {
    program,
    number: 1,
    args: struct({ domain: domainRef, command: string, flags }),
    ret: struct({ result: string }),
  },
  /** `timeoutSeconds`: -2 waits for ever, -1 as long as libvirt's default (5 s), 0 not at all. */
  qemuDomainAgentCommand: {
    program,
    number: 3,
    args: struct({ domain: domainRef, command: string, timeoutSeconds: i32, flags }),
    ret: struct({ result: optional(string) }),
  },
}
