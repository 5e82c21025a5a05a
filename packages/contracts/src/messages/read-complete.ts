import type { z } from 'zod'

/**
 * Parses complete documents, which say all instances of a node each time. The bus hands over the same object for what
 * its sender says as before: that was parsed already, and what came out then is taken again. So who reads a document sees
 * by `===` which of its instances are told as before.
 */
export function completeReader<D extends { instances: object[] }>(schema: z.ZodType<D>): (body: unknown) => D {
  const parsed = new WeakMap<object, D['instances'][number]>()
  return (body) => {
    const told = instancesOf(body)
    if (!told) return schema.parse(body)
    const known = told.map((instance) => parsed.get(instance))
    const fresh = told.filter((_, at) => known[at] === undefined)
    const document = schema.parse({ ...(body as object), instances: fresh })
    const made = document.instances.values()
    const instances = known.map((instance, at) => {
      if (instance) return instance
      const { value } = made.next() as { value: D['instances'][number] }
      parsed.set(told[at]!, value)
      return value
    })
    return { ...document, instances }
  }
}

function instancesOf(body: unknown): object[] | undefined {
  const told = (body as { instances?: unknown } | null | undefined)?.instances
  return Array.isArray(told) ? (told as object[]) : undefined
}
