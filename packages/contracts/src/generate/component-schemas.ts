// JSON Schemas of everything that routes take and give. What a caller may write (`input`: defaults may be left out,
// unknown keys are refused) and what it reads (`output`: defaults are filled in, keys may be added later) differ; a
// schema that is used both ways and differs appears twice, the second time as `<Name>Output`.
import { z } from 'zod'

export type JsonSchema = { [key: string]: unknown }
type Schemas = Record<string, JsonSchema>

export interface Components {
  /** By name, sorted; for `#/components/schemas/`. */
  components: Schemas
  /** By the keys they were given under. */
  inputs: Schemas
  outputs: Schemas
}

export function describeSchemas(inputs: Record<string, z.ZodType>, outputs: Record<string, z.ZodType>): Components {
  const written = convert(inputs, 'input')
  const read = convert(outputs, 'output')
  const clashing = findClashing(written.definitions, read.definitions)
  const outputName = (name: string) => (clashing.has(name) ? `${name}Output` : name)
  const readDefinitions = Object.entries(read.definitions).map(([name, schema]) => [
    outputName(name),
    pointTo(schema, outputName),
  ])
  const all: Schemas = { ...pointAll(written.definitions), ...(Object.fromEntries(readDefinitions) as Schemas) }
  return {
    components: Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))),
    inputs: pointAll(written.schemas),
    outputs: pointAll(read.schemas, outputName),
  }
}

/** One schema by itself, as readers of messages and answers see it. */
export function describeOutput(schema: z.ZodType): JsonSchema {
  return openObjects(z.toJSONSchema(schema, { io: 'output' }) as JsonSchema)
}

function convert(schemas: Record<string, z.ZodType>, io: 'input' | 'output') {
  const whole = z.toJSONSchema(z.object(schemas), { io, unrepresentable: io === 'input' ? 'throw' : 'any' })
  const { properties = {}, $defs = {} } = (io === 'output' ? openObjects(whole as JsonSchema) : whole) as {
    properties?: Schemas
    $defs?: Schemas
  }
  return { schemas: properties, definitions: $defs }
}

/** Those that differ, and those that name one that does. */
function findClashing(written: Schemas, read: Schemas): Set<string> {
  const shared = Object.keys(read).filter((name) => name in written)
  const clashing = new Set(shared.filter((name) => JSON.stringify(read[name]) !== JSON.stringify(written[name])))
  const namesClashing = (name: string) => refsOf(read[name]).some((ref) => clashing.has(ref))
  for (let before = -1; before !== clashing.size;) {
    before = clashing.size
    for (const name of shared.filter(namesClashing)) clashing.add(name)
  }
  return clashing
}

const refPattern = /"#\/\$defs\/([^"]+)"/g
const refsOf = (schema: unknown): string[] =>
  Array.from(JSON.stringify(schema).matchAll(refPattern), ([, name]) => name ?? '')

const pointTo = (schema: JsonSchema, rename: (name: string) => string): JsonSchema =>
  JSON.parse(
    JSON.stringify(schema).replace(refPattern, (_, name: string) => `"#/components/schemas/${rename(name)}"`),
  ) as JsonSchema

const pointAll = (schemas: Schemas, rename = (name: string) => name): Schemas =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, pointTo(schema, rename)]))

/** A reader ignores keys that it does not know: within a major version some may be added. */
function openObjects(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('additionalProperties' in value)) return value
    const { additionalProperties, ...open } = value
    return additionalProperties === false ? open : value
  }) as JsonSchema
}
