// The description of a testbed as text: YAML (or JSON, which is YAML too) -> the document, or every mistake in it with its
// key and place. Client and master read it by this, so that both say the same; who wants no YAML imports no YAML.
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { mistakesBetween } from './v1/description-links.ts'
import { Description, DescriptionShape, itemSpecs } from './v1/description.ts'

export interface Mistake {
  /** `nodes.pi[01-16].cluster`; empty for the file as a whole. */
  key: string
  line: number
  column: number
  message: string
}

export type ReadDescription = { description: Description } | { mistakes: Mistake[] }

export const readDescription = (text: string): ReadDescription => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (document.errors.length > 0)
    return { mistakes: document.errors.map(({ pos, message }) => ({ key: '', ...placeAt(pos[0]), message })) }
  const written = valueOf(document)
  if (written instanceof Error) return { mistakes: [{ key: '', ...placeAt(0), message: written.message }] }
  const found = [...shapeMistakes(written), ...mistakesBetween(written)]
  if (found.length === 0) return { description: Description.parse(written) }
  const mistakes = found.map(({ path, message }) => ({
    key: path.join('.'),
    ...placeAt(offsetOf(document, path) ?? 0),
    message,
  }))
  return { mistakes: mistakes.sort((a, b) => a.line - b.line || a.column - b.column) }
}

/** An empty file, or a section of which all was commented out, describes nothing, which is no mistake. */
const valueOf = (document: Document): unknown => {
  try {
    const written: unknown = document.toJS()
    if (written === null) return {}
    if (typeof written !== 'object' || Array.isArray(written)) return written
    return Object.fromEntries(Object.entries(written).filter(([, section]) => section !== null))
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

interface Found {
  path: readonly PropertyKey[]
  message: string
}

const shapeMistakes = (written: unknown): Found[] =>
  DescriptionShape.safeParse(written).error?.issues.flatMap((issue) => [
    ...foundOf(issue),
    ...(issue.code === 'invalid_key' ? mistakesUnder(issue.path, written) : []),
  ]) ?? []

const foundOf = (issue: z.core.$ZodIssue): Found[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known key' }))
  if (issue.code !== 'invalid_key') return [{ path: issue.path, message: issue.message }]
  return [{ path: issue.path, message: issue.issues.map(({ message }) => message).join('; ') }]
}

/** What stands under a name that is none: zod does not look at it. */
const mistakesUnder = (path: readonly PropertyKey[], written: unknown): Found[] => {
  const [section, name, ...deeper] = path
  if (!isSection(section) || deeper.length > 0) return []
  const item = (written as Record<string, Record<string, unknown>>)[section]?.[String(name)]
  const issues = itemSpecs[section].safeParse(item).error?.issues ?? []
  return issues.flatMap(foundOf).map((found) => ({ ...found, path: [...path, ...found.path] }))
}

const isSection = (section: PropertyKey | undefined): section is keyof typeof itemSpecs =>
  section !== undefined && Object.hasOwn(itemSpecs, section)

/** Where the key stands, better than its value, which may begin a line later; for a missing one, where its section does. */
const offsetOf = (document: Document, path: readonly PropertyKey[]): number | undefined => {
  if (path.length === 0) return undefined
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
  const last = String(path.at(-1))
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === last)
    if (isNode(pair?.key)) return pair.key.range?.[0]
  } else {
    const node = document.getIn(path, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return offsetOf(document, path.slice(0, -1))
}
