import type { Cases, Codec, Fields, Struct, Union } from './codec.ts'
import { i32 } from './scalars.ts'

export function struct<F extends Fields>(fields: F): Codec<Struct<F>> {
  const entries = Object.entries(fields)
  return {
    write(to, value) {
      for (const [name, codec] of entries) codec.write(to, value[name])
    },
    read: (from) => Object.fromEntries(entries.map(([name, codec]) => [name, codec.read(from)])) as Struct<F>,
  }
}

/** A value or null ("pointer" in XDR's own words). */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write(to, value) {
      to.u32(value === null ? 0 : 1)
      if (value !== null) codec.write(to, value)
    },
    read: (from) => (from.u32() === 0 ? null : codec.read(from)),
  }
}

export function array<T>(codec: Codec<T>): Codec<T[]> {
  return {
    write(to, values) {
      to.u32(values.length)
      for (const value of values) codec.write(to, value)
    },
    read(from) {
      const length = from.u32()
      const values: T[] = []
      while (values.length < length) values.push(codec.read(from))
      return values
    },
  }
}

/** Text in a `char name[length]`: XDR spends a whole word on each char. */
export function chars(length: number): Codec<string> {
  return {
    write(to, text) {
      const bytes = Buffer.alloc(length)
      bytes.write(text, 0, length - 1, 'latin1')
      for (const byte of bytes) to.i32(byte)
    },
    read(from) {
      const bytes = Buffer.from(Array.from({ length }, () => from.i32()))
      const end = bytes.indexOf(0)
      return bytes.toString('latin1', 0, end < 0 ? length : end)
    },
  }
}

/** A discriminated union on an int; in TypeScript `{ type, value }` with the case's name as `type`. */
export function union<const C extends Cases>(cases: C): Codec<Union<C>> {
  const byNumber = new Map(Object.entries(cases).map(([number, [, codec]]) => [Number(number), codec]))
  const numbers = new Map(Object.entries(cases).map(([number, [name]]) => [name, Number(number)]))
  const codecOf = (number: number) => byNumber.get(number) ?? fail(`XDR: union has no case ${number}`)
  return {
    write(to, tagged) {
      const { type, value } = tagged as { type: string; value: unknown }
      const number = numbers.get(type) ?? fail(`XDR: union has no case ${type}`)
      i32.write(to, number)
      codecOf(number).write(to, value)
    },
    read(from) {
      const number = i32.read(from)
      return { type: cases[number]?.[0], value: codecOf(number).read(from) } as Union<C>
    },
  }
}

function fail(message: string): never {
  throw new RangeError(message)
}
