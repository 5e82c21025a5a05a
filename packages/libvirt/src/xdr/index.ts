import type { Codec } from './codec.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

export * from './composites.ts'
export * from './scalars.ts'
export { mapped } from './codec.ts'
export type { Codec, Infer } from './codec.ts'

export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer()
  codec.write(writer, value)
  return writer.finish()
}

export function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  return codec.read(new Reader(bytes))
}
