// XDR (RFC 4506) as values: a codec knows how to write and to read one type, and codecs are put together from smaller
// ones. A message's layout is written once, as data, and its TypeScript type is inferred from that (`Infer`).
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export type Codec<T> = {
  write(to: Writer, value: T): void
  read(from: Reader): T
}

/** The TypeScript type of what a codec reads and writes. */
export type Infer<C> = C extends Codec<infer T> ? T : never

export type Fields = Record<string, Codec<unknown>>
export type Struct<F extends Fields> = { [K in keyof F]: Infer<F[K]> }

/** Cases of a discriminated union: number on the wire -> its name in TypeScript, and the codec of its value. */
export type Cases = Record<number, readonly [name: string, codec: Codec<unknown>]>
export type Union<C extends Cases> = {
  [K in keyof C]: C[K] extends readonly [infer Name, Codec<infer T>] ? { type: Name; value: T } : never
}[keyof C]

/** The codec of another shape of the same value. */
export function mapped<A, B>(codec: Codec<A>, decode: (value: A) => B, encode: (value: B) => A): Codec<B> {
  return {
    write: (to, value) => codec.write(to, encode(value)),
    read: (from) => decode(codec.read(from)),
  }
}
