import { mapped } from './codec.ts'
import type { Codec } from './codec.ts'

export const u32: Codec<number> = { write: (to, value) => to.u32(value), read: (from) => from.u32() }
export const i32: Codec<number> = { write: (to, value) => to.i32(value), read: (from) => from.i32() }
export const i64: Codec<bigint> = { write: (to, value) => to.i64(value), read: (from) => from.i64() }
export const u64: Codec<bigint> = { write: (to, value) => to.u64(value), read: (from) => from.u64() }
export const double: Codec<number> = { write: (to, value) => to.double(value), read: (from) => from.double() }

/** A 64-bit count, time or set of flags as a number: exact up to 2^53, the nearest double above. */
export const u64Number = mapped(u64, Number, BigInt)

export const bool = mapped(i32, Boolean, Number)

/** Bytes of any length. What is read is a view of the message. */
export const opaque: Codec<Buffer> = {
  write(to, value) {
    to.u32(value.length)
    to.padded(value)
  },
  read: (from) => from.padded(from.u32()),
}

export const opaqueFixed = (bytes: number): Codec<Buffer> => ({
  write(to, value) {
    if (value.length !== bytes) throw new RangeError(`XDR: ${bytes} bytes expected, not ${value.length}`)
    to.padded(value)
  },
  read: (from) => from.padded(bytes),
})

export const string = mapped(
  opaque,
  (bytes) => bytes.toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
)

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** 16 bytes, as the usual text with dashes, in lower case. */
export const uuid = mapped(opaqueFixed(16), formatUuid, parseUuid)

function formatUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function parseUuid(text: string): Buffer {
  if (!uuidPattern.test(text)) throw new TypeError(`not a UUID: ${JSON.stringify(text)}`)
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}
