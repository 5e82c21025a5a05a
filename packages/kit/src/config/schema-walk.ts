import { z } from 'zod'

/** Marks a setting as secret: masked when shown, and readable from a file through its `...File` twin. */
export function secret<S extends z.ZodType>(schema: S): S {
  return schema.meta({ secret: true })
}

/** True when this schema, or what it wraps, was marked by `secret()`. */
export function isSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.['secret'] === true) return true
  const inner = unwrapOnce(schema)
  return inner !== undefined && isSecret(inner)
}

/** The schema of the setting at `path`, or undefined when there is no such setting. */
export function schemaAt(schema: z.ZodType, path: readonly string[]): z.ZodType | undefined {
  const [key, ...rest] = path
  if (key === undefined) return schema
  const child = childSchema(schema, key)
  return child && schemaAt(child, rest)
}

export function childSchema(schema: z.ZodType, key: string): z.ZodType | undefined {
  const bare = unwrap(schema)
  if (bare instanceof z.ZodObject) return Object.hasOwn(bare.shape, key) ? bare.shape[key] : undefined
  if (bare instanceof z.ZodRecord) return bare.valueType as z.ZodType
  if (bare instanceof z.ZodArray) return bare.element as z.ZodType
  return undefined
}

/** Settings refuse unknown keys at every level; a schema that would swallow them is a bug of its author. */
export function assertStrict(schema: z.ZodType, path: readonly string[] = []): void {
  const bare = unwrap(schema)
  if (bare instanceof z.ZodObject) {
    if (!(bare.def.catchall instanceof z.ZodNever)) {
      throw new TypeError(`The settings schema at "${path.join('.')}" must be a z.strictObject.`)
    }
    for (const [key, child] of Object.entries(bare.shape)) assertStrict(child as z.ZodType, [...path, key])
  }
  if (bare instanceof z.ZodArray) assertStrict(bare.element as z.ZodType, [...path, '*'])
  if (bare instanceof z.ZodRecord) assertStrict(bare.valueType as z.ZodType, [...path, '*'])
}

function unwrap(schema: z.ZodType): z.ZodType {
  const inner = unwrapOnce(schema)
  return inner === undefined ? schema : unwrap(inner)
}

function unwrapOnce(schema: z.ZodType): z.ZodType | undefined {
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  if (wrapped) return schema.def.innerType as z.ZodType
  return schema instanceof z.ZodPipe ? (schema.def.in as z.ZodType) : undefined
}
