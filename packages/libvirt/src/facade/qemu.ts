import type { Call, CallOptions } from '../protocol/procedures.ts'
import type { DomainRef } from '../protocol/types.ts'

/** Past libvirt, to QEMU's monitor and to the agent in the guest. Commands and results are their JSON. */
export const qemuCalls = (call: Call) => ({
  /** As in `monitorCommand(domain, { execute: 'query-status' })`. */
  monitorCommand: async (domain: DomainRef, command: object, options?: CallOptions): Promise<unknown> => {
    const args = { domain, command: JSON.stringify(command), flags: 0 }
    return JSON.parse((await call('qemuDomainMonitorCommand', args, options)).result)
  },
  /** null when the agent gave no result. */
  agentCommand: async (domain: DomainRef, command: object, timeoutSeconds = 5): Promise<unknown> => {
    const args = { domain, command: JSON.stringify(command), timeoutSeconds, flags: 0 }
    const { result } = await call('qemuDomainAgentCommand', args)
    return result === null ? null : JSON.parse(result)
  },
})
