import {
  array,
  bool,
  double,
  i32,
  i64,
  mapped,
  optional,
  string,
  struct,
  u32,
  u64Number,
  union,
  uuid,
} from '../xdr/index.ts'
import type { Infer } from '../xdr/index.ts'

/** A domain as libvirt names it on the wire. `id` is that of the running VM, -1 while it is off. */
export type DomainRef = Infer<typeof domainRef>
export const domainRef = struct({ name: string, uuid, id: i32 })

export const nothing = struct({})
export const flags = u32
export const domainArgs = struct({ domain: domainRef })
export const domainFlagsArgs = struct({ domain: domainRef, flags })
export const domainRet = struct({ domain: domainRef })

const i64Number = mapped(i64, Number, BigInt)

/** virTypedParameter: a named value that says its own type. */
export type TypedParam = Infer<typeof typedParam>
export const typedParam = struct({
  field: string,
  value: union({
    1: ['int', i32],
    2: ['uint', u32],
    3: ['llong', i64Number],
    4: ['ullong', u64Number],
    5: ['double', double],
    6: ['boolean', bool],
    7: ['string', string],
  }),
})
export const typedParams = array(typedParam)

/** Typed parameters as a plain object; 64-bit values above 2^53 are rounded to the nearest double. */
export type ParamValues = Record<string, number | boolean | string>
export const paramValues = (params: TypedParam[]): ParamValues =>
  Object.fromEntries(params.map(({ field, value }) => [field, value.value]))

/** virNetMessageError: the payload of every reply whose status is "error". */
export type ErrorMessage = Infer<typeof errorMessage>
export const errorMessage = struct({
  code: i32,
  domain: i32,
  message: optional(string),
  level: i32,
  dom: optional(domainRef),
  str1: optional(string),
  str2: optional(string),
  str3: optional(string),
  int1: i32,
  int2: i32,
  net: optional(struct({ name: string, uuid })),
})
