// Settings come from a YAML file, then the environment, then the flags; a later source wins. All sources are read
// and all mistakes are collected before anything is refused, so that an admin corrects a file once.
import type { z } from 'zod'
import { ConfigError } from './config-error.ts'
import type { ConfigMistake } from './config-error.ts'
import { readFileLayer } from './file-layer.ts'
import { mergeTrees } from './layer.ts'
import type { Layer, Tree } from './layer.ts'
import { assertStrict } from './schema-walk.ts'
import { readSecretFiles } from './secret-files.ts'
import { readEnvLayer, readFlagLayer } from './text-layer.ts'

export interface ConfigSources {
  /** Path of a YAML file. Absent: no file is read. */
  file?: string | undefined
  /** `BRAMBLE__SECTION__SOME_KEY` sets `section.someKey`; other variables are not looked at. */
  env?: NodeJS.ProcessEnv
  /** By dotted key: `{ 'http.port': '8080' }`. Undefined values are not given. */
  flags?: Readonly<Record<string, unknown>>
}

/** @throws {ConfigError} naming every mistake with its key and where that value was given */
export function loadConfig<S extends z.ZodType>(schema: S, sources: ConfigSources): z.output<S> {
  assertStrict(schema)
  const read = readLayers(schema, sources).map((layer) => readSecretFiles(schema, layer))
  const layers = read.map(({ layer }) => layer)
  const parsed = schema.safeParse(layers.reduce<Tree>((merged, { values }) => mergeTrees(merged, values), {}))
  const mistakes = [
    ...read.flatMap((layer) => layer.mistakes),
    ...(parsed.error?.issues.flatMap((issue) => mistakesOf(issue, layers, sources.file)) ?? []),
  ]
  if (mistakes.length > 0 || !parsed.success) throw new ConfigError(mistakes)
  return parsed.data
}

function readLayers(schema: z.ZodType, { file, env = {}, flags = {} }: ConfigSources): Layer[] {
  const fileLayers = file === undefined ? [] : [readFileLayer(file)]
  return [...fileLayers, readEnvLayer(schema, env), readFlagLayer(schema, flags)]
}

function mistakesOf(issue: z.core.$ZodIssue, layers: readonly Layer[], file: string | undefined): ConfigMistake[] {
  const at = (path: PropertyKey[], message: string) => ({
    key: path.join('.'),
    where: whereIs(layers, path) ?? file ?? 'settings',
    message,
  })
  if (issue.code !== 'unrecognized_keys') return [at(issue.path, issue.message)]
  return issue.keys.map((key) => at([...issue.path, key], 'is not a known setting'))
}

/** Where the value that counts was given; for a missing one, where its section begins. */
function whereIs(layers: readonly Layer[], path: readonly PropertyKey[]): string | undefined {
  if (path.length === 0) return undefined
  const places = layers.map((layer) => layer.whereIs(path)).filter((place) => place !== undefined)
  return places.at(-1) ?? whereIs(layers, path.slice(0, -1))
}
