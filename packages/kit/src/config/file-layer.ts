import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { ConfigError } from './config-error.ts'
import { isTree } from './layer.ts'
import type { Layer } from './layer.ts'

/** Reads a YAML file of settings; syntax errors and duplicate keys are all reported, each with its line. */
export function readFileLayer(file: string): Layer {
  const lines = new LineCounter()
  const document = parseDocument(readSettings(file), { lineCounter: lines })
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => ({
        key: '',
        where: `${file}:${lines.linePos(error.pos[0]).line}`,
        message: error.message.split('\n')[0] ?? error.code,
      })),
    )
  }
  const values: unknown = document.toJS() ?? {}
  if (!isTree(values)) throw new ConfigError([{ key: '', where: `${file}:1`, message: 'must be a map of settings' }])
  return {
    values,
    whereIs: (path) => {
      const offset = offsetOf(document, path)
      return offset === undefined ? undefined : `${file}:${lines.linePos(offset).line}`
    },
  }
}

function readSettings(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError([{ key: '', where: file, message: `cannot be read (${(error as Error).message})` }])
  }
}

/** Where the key (better than its value, which may begin a line later) stands in the file. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
  const last = path.at(-1)
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last)
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined
  }
  const node = document.getIn(path, true)
  return isNode(node) ? node.range?.[0] : undefined
}
