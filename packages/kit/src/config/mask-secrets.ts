import type { z } from 'zod'
import { isTree } from './layer.ts'
import { childSchema, isSecret } from './schema-walk.ts'

export const maskedSecret = '********'

/** The same settings with every secret replaced by a mask, fit for `config show --effective` and for logs. */
export function maskSecrets(schema: z.ZodType, value: object): Record<string, unknown> {
  return maskValue(schema, value) as Record<string, unknown>
}

function maskValue(schema: z.ZodType, value: unknown): unknown {
  if (value === undefined || value === null) return value
  if (isSecret(schema)) return maskedSecret
  if (Array.isArray(value)) return value.map((item, index) => maskChild(schema, String(index), item))
  if (!isTree(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskChild(schema, key, child)]))
}

function maskChild(schema: z.ZodType, key: string, value: unknown): unknown {
  const child = childSchema(schema, key)
  // What the schema does not know may be anything.
  return child === undefined ? maskedSecret : maskValue(child, value)
}
