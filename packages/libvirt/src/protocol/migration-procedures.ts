import { i32, opaque, optional, string, struct, u32, u64Number } from '../xdr/index.ts'
import { domainRef, nothing, typedParams } from './types.ts'

// Version 3 of the migration protocol carries 64-bit flags, its variants with typed parameters 32-bit ones.
const wideFlags = u64Number
const resourceMbps = u64Number
const cookieRet = struct({ cookie: opaque })
const beginRet = struct({ cookie: opaque, xml: string })
const prepareRet = struct({ cookie: opaque, uri: optional(string) })
const finishRet = struct({ domain: domainRef, cookie: opaque })

/** The five steps of a migration: begin, perform and confirm at the source, prepare and finish at the destination. */
export const migrationProcedures = {
  domainMigrateBegin3: {
    number: 213,
    args: struct({
      domain: domainRef,
      xml: optional(string),
      flags: wideFlags,
      name: optional(string),
      resourceMbps,
    }),
    ret: beginRet,
  },
  domainMigratePrepare3: {
    number: 214,
    args: struct({
      cookie: opaque,
      uri: optional(string),
      flags: wideFlags,
      name: optional(string),
      resourceMbps,
      xml: string,
    }),
    ret: prepareRet,
  },
  domainMigratePerform3: {
    number: 216,
    args: struct({
      domain: domainRef,
      xml: optional(string),
      cookie: opaque,
      destinationConnectUri: optional(string),
      uri: optional(string),
      flags: wideFlags,
      name: optional(string),
      resourceMbps,
    }),
    ret: cookieRet,
  },
  domainMigrateFinish3: {
    number: 217,
    args: struct({
      name: string,
      cookie: opaque,
      destinationConnectUri: optional(string),
      uri: optional(string),
      flags: wideFlags,
      cancelled: i32,
    }),
    ret: finishRet,
  },
  domainMigrateConfirm3: {
    number: 218,
    args: struct({ domain: domainRef, cookie: opaque, flags: wideFlags, cancelled: i32 }),
    ret: nothing,
  },
  domainMigrateBegin3Params: {
    number: 302,
    args: struct({ domain: domainRef, params: typedParams, flags: u32 }),
    ret: beginRet,
  },
  domainMigratePrepare3Params: {
    number: 303,
    args: struct({ params: typedParams, cookie: opaque, flags: u32 }),
    ret: prepareRet,
  },
  domainMigratePerform3Params: {
    number: 305,
    args: struct({
      domain: domainRef,
      destinationConnectUri: optional(string),
      params: typedParams,
      cookie: opaque,
      flags: u32,
    }),
    ret: cookieRet,
  },
  domainMigrateFinish3Params: {
    number: 306,
    args: struct({ params: typedParams, cookie: opaque, flags: u32, cancelled: i32 }),
    ret: finishRet,
  },
  domainMigrateConfirm3Params: {
    number: 307,
    args: struct({ domain: domainRef, params: typedParams, cookie: opaque, flags: u32, cancelled: i32 }),
    ret: nothing,
  },
}
