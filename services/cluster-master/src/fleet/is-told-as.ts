import { isDeepStrictEqual } from 'node:util'
import type { Told } from '../domain/desired-instance.ts'

/** Whether a node is told the same of two versions of an instance, as long as what they refer to is the same. */
export const isToldAs = (a: Told, b: Told): boolean => isDeepStrictEqual(toldOf(a), toldOf(b))

const toldOf = ({ name, source, publish, whenLost, incarnation }: Told) => [
  name,
  source,
  publish,
  whenLost,
  incarnation,
]
