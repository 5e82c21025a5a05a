import { array, chars, i32, optional, string, struct, u32, u64Number } from '../xdr/index.ts'
import { domainRef, flags, nothing, typedParams } from './types.ts'

/** Calls on the connection and on the host. Memory is in KiB in nodeGetInfo, in bytes in nodeGetFreeMemory. */
export const connectProcedures = {
  connectOpen: { number: 1, args: struct({ uri: optional(string), flags }), ret: nothing },
  connectClose: { number: 2, args: nothing, ret: nothing },
  connectGetType: { number: 3, args: nothing, ret: struct({ type: string }) },
  connectGetVersion: { number: 4, args: nothing, ret: struct({ version: u64Number }) },
  nodeGetInfo: {
    number: 6,
    args: nothing,
    ret: struct({
      model: chars(32),
      memoryKib: u64Number,
      cpus: i32,
      mhz: i32,
      nodes: i32,
      sockets: i32,
      cores: i32,
      threads: i32,
    }),
  },
  connectGetCapabilities: { number: 7, args: nothing, ret: struct({ xml: string }) },
  connectGetHostname: { number: 59, args: nothing, ret: struct({ hostname: string }) },
  connectSupportsFeature: { number: 60, args: struct({ feature: i32 }), ret: struct({ supported: i32 }) },
  authList: { number: 66, args: nothing, ret: struct({ types: array(i32) }) },
  authPolkit: { number: 70, args: nothing, ret: struct({ complete: i32 }) },
  nodeGetFreeMemory: { number: 102, args: nothing, ret: struct({ freeMemoryBytes: u64Number }) },
  connectGetUri: { number: 110, args: nothing, ret: struct({ uri: string }) },
  connectGetLibVersion: { number: 157, args: nothing, ret: struct({ version: u64Number }) },
  connectListAllDomains: {
    number: 273,
    args: struct({ needResults: i32, flags }),
    ret: struct({ domains: array(domainRef), count: u32 }),
  },
  connectDomainEventCallbackRegisterAny: {
    number: 316,
    args: struct({ eventId: i32, domain: optional(domainRef) }),
    ret: struct({ callbackId: i32 }),
  },
  connectDomainEventCallbackDeregisterAny: { number: 317, args: struct({ callbackId: i32 }), ret: nothing },
  connectGetDomainCapabilities: {
    number: 342,
    args: struct({
      emulator: optional(string),
      arch: optional(string),
      machine: optional(string),
      virtType: optional(string),
      flags,
    }),
    ret: struct({ xml: string }),
  },
  connectGetAllDomainStats: {
    number: 344,
    args: struct({ domains: array(domainRef), groups: u32, flags }),
    ret: struct({ records: array(struct({ domain: domainRef, params: typedParams })) }),
  },
}
