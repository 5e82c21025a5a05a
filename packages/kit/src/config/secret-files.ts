import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import type { ConfigMistake } from './config-error.ts'
import { isTree } from './layer.ts'
import type { Layer, Tree } from './layer.ts'
import { childSchema, isSecret } from './schema-walk.ts'

/**
 * Replaces `<secret>File: path` by `<secret>: content of that file` for every setting marked `secret()`. It works on
 * one layer at a time, so that a file named in the environment beats a secret written in the YAML file.
 */
export function readSecretFiles(schema: z.ZodType, layer: Layer): { layer: Layer; mistakes: ConfigMistake[] } {
  const mistakes: ConfigMistake[] = []
  const values = resolve(schema, layer.values, [], (path, message) =>
    mistakes.push({ key: path.join('.'), where: layer.whereIs(path) ?? 'settings', message }),
  )
  const whereIs: Layer['whereIs'] = (path) => layer.whereIs(path) ?? layer.whereIs(fileTwin(path))
  return { layer: { values, whereIs }, mistakes }
}

type Complain = (path: string[], message: string) => void

function resolve(schema: z.ZodType, tree: Tree, path: string[], complain: Complain): Tree {
  const resolved: Tree = {}
  for (const [key, value] of Object.entries(tree)) {
    const own = childSchema(schema, key)
    const secretKey = own === undefined ? secretOfFile(schema, key) : undefined
    if (secretKey !== undefined) {
      if (secretKey in tree) complain([...path, key], `give either ${secretKey} or ${key}`)
      resolved[secretKey] = readSecret(String(value), (message) => complain([...path, key], message))
    } else {
      resolved[key] = own && isTree(value) ? resolve(own, value, [...path, key], complain) : value
    }
  }
  return resolved
}

function secretOfFile(schema: z.ZodType, key: string): string | undefined {
  if (!key.endsWith('File')) return undefined
  const name = key.slice(0, -'File'.length)
  const child = childSchema(schema, name)
  return child && isSecret(child) ? name : undefined
}

function readSecret(file: string, complain: (message: string) => void): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    complain(`cannot be read (${(error as Error).message})`)
    return undefined
  }
}

const fileTwin = (path: readonly PropertyKey[]) => [...path.slice(0, -1), `${String(path.at(-1))}File`]
