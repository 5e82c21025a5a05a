import { i32, i64, optional, string, struct, u32, u64Number, uuid } from '../xdr/index.ts'
import { domainArgs, domainFlagsArgs, domainRef, domainRet, flags, nothing, typedParams } from './types.ts'

const xmlArgs = struct({ xml: string, flags })
const xmlRet = struct({ xml: string })

const jobInfo = struct({
  type: i32,
  elapsedMs: u64Number,
  remainingMs: u64Number,
  dataTotalBytes: u64Number,
  dataProcessedBytes: u64Number,
  dataRemainingBytes: u64Number,
  memoryTotalBytes: u64Number,
  memoryProcessedBytes: u64Number,
  memoryRemainingBytes: u64Number,
  fileTotalBytes: u64Number,
  fileProcessedBytes: u64Number,
  fileRemainingBytes: u64Number,
})

/** Calls on one domain. Memory is in KiB, CPU time in ns. */
export const domainProcedures = {
  domainCreate: { number: 9, args: domainArgs, ret: nothing },
  domainCreateXml: { number: 10, args: xmlArgs, ret: domainRet },
  domainGetXmlDesc: { number: 14, args: domainFlagsArgs, ret: xmlRet },
  domainGetInfo: {
    number: 16,
    args: domainArgs,
    ret: struct({ state: u32, maxMemoryKib: u64Number, memoryKib: u64Number, vcpus: u32, cpuTimeNs: u64Number }),
  },
  domainLookupByName: { number: 23, args: struct({ name: string }), ret: domainRet },
  domainLookupByUuid: { number: 24, args: struct({ uuid: uuid }), ret: domainRet },
  domainResume: { number: 28, args: domainArgs, ret: nothing },
  domainSuspend: { number: 34, args: domainArgs, ret: nothing },
  domainGetJobInfo: { number: 163, args: domainArgs, ret: jobInfo },
  domainAbortJob: { number: 164, args: domainArgs, ret: nothing },
  domainCreateWithFlags: { number: 196, args: domainFlagsArgs, ret: domainRet },
  domainGetState: { number: 212, args: domainFlagsArgs, ret: struct({ state: i32, reason: i32 }) },
  domainUndefineFlags: { number: 231, args: domainFlagsArgs, ret: nothing },
  domainSaveFlags: {
    number: 232,
    args: struct({ domain: domainRef, path: string, xml: optional(string), flags }),
    ret: nothing,
  },
  domainRestoreFlags: { number: 233, args: struct({ path: string, xml: optional(string), flags }), ret: nothing },
  domainDestroyFlags: { number: 234, args: domainFlagsArgs, ret: nothing },
  domainSaveImageGetXmlDesc: { number: 235, args: struct({ path: string, flags }), ret: xmlRet },
  domainSaveImageDefineXml: { number: 236, args: struct({ path: string, xml: string, flags }), ret: nothing },
  domainShutdownFlags: { number: 258, args: domainFlagsArgs, ret: nothing },
  domainGetJobStats: { number: 298, args: domainFlagsArgs, ret: struct({ type: i32, params: typedParams }) },
  domainGetTime: { number: 337, args: domainFlagsArgs, ret: struct({ seconds: i64, nanoseconds: u32 }) },
  domainSetTime: {
    number: 338,
    args: struct({ domain: domainRef, seconds: i64, nanoseconds: u32, flags }),
    ret: nothing,
  },
  domainDefineXmlFlags: { number: 350, args: xmlArgs, ret: domainRet },
}
