import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import { placesIn } from './places-in.ts'

interface Complete {
  node: string
  instances: object[]
}

/** What a sender told last, as it came and as it was parsed. */
interface Told<I> {
  raw: readonly object[]
  parsed: readonly I[]
}

/**
 * Parses complete documents, which say all instances of a node each time. The bus hands over the same object for what
 * its sender says as before: that was parsed already, and what came out then is taken again. So who reads a document sees
 * by `===` which of its instances are told as before.
 */
export function completeReader<D extends Complete>(schema: z.ZodType<D>): (body: unknown) => D {
  const lastOf = new Map<string, Told<D['instances'][number]>>()
  return (body) => {
    const raw = instancesOf(body)
    if (!raw) return schema.parse(body)
    const last = lastOf.get((body as Complete).node) ?? { raw: [], parsed: [] }
    if (raw === last.raw) return { ...schema.parse({ ...(body as object), instances: [] }), instances: last.parsed }
    const places = placesIn(last.raw, raw)
    const fresh = raw.filter((_, at) => places[at] === -1)
    const document = schema.parse({ ...(body as object), instances: fresh })
    const made = document.instances.map((instance, at) => keptOf(instance, fresh[at]!)).values()
    const parsed = places.map((at) => last.parsed[at] ?? made.next().value!)
    lastOf.set(document.node, { raw, parsed })
    return { ...document, instances: parsed }
  }
}

/** What parsing changed nothing of is not kept twice. */
const keptOf = <I extends object>(parsed: I, raw: object): I => (isDeepStrictEqual(parsed, raw) ? (raw as I) : parsed)

function instancesOf(body: unknown): object[] | undefined {
  const told = (body as { instances?: unknown } | null | undefined)?.instances
  return Array.isArray(told) ? (told as object[]) : undefined
}
