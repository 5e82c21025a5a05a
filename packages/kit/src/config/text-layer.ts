// Settings given as text, one by one: BRAMBLE__SECTION__SOME_KEY in the environment, --section.someKey as a flag.
// A value is taken as it stands when the setting accepts text, and as YAML (numbers, true, [a, b]) when it does not.
import { parse } from 'yaml'
import type { z } from 'zod'
import { setAt } from './layer.ts'
import type { Layer, Tree } from './layer.ts'
import { schemaAt } from './schema-walk.ts'

const envPrefix = 'BRAMBLE__'

export function readEnvLayer(schema: z.ZodType, env: NodeJS.ProcessEnv): Layer {
  const given = Object.entries(env)
    .filter(([name, value]) => name.startsWith(envPrefix) && value !== undefined)
    .map(([name, value]) => ({ path: pathOfVariable(name), value, where: `environment ${name}` }))
  return textLayer(schema, given)
}

export function readFlagLayer(schema: z.ZodType, flags: Readonly<Record<string, unknown>>): Layer {
  const given = Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ path: name.split('.'), value, where: `flag --${name}` }))
  return textLayer(schema, given)
}

function textLayer(schema: z.ZodType, given: { path: string[]; value: unknown; where: string }[]): Layer {
  const values: Tree = {}
  for (const { path, value } of given) setAt(values, path, readText(schemaAt(schema, path), value))
  return { values, whereIs: (path) => given.find((entry) => isWithin(entry.path, path))?.where }
}

/** An unknown section is placed at the first variable that names something in it. */
const isWithin = (path: readonly string[], section: readonly PropertyKey[]) =>
  section.every((key, index) => path[index] === String(key))

/** `BRAMBLE__HTTP__BODY_LIMIT_BYTES` is the setting `http.bodyLimitBytes`. */
function pathOfVariable(name: string): string[] {
  return name.slice(envPrefix.length).split('__').map(camelCase)
}

function camelCase(snake: string): string {
  return snake.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function readText(schema: z.ZodType | undefined, value: unknown): unknown {
  if (typeof value !== 'string' || schema === undefined || schema.safeParse(value).success) return value
  try {
    return parse(value) as unknown
  } catch {
    return value
  }
}
