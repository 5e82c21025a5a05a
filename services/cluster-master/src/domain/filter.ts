// The filter language of lists: terms joined by commas, all of which must hold.
//   path=value    equal as text        path!=value   not equal (also when the field is missing)
//   path~value    contains, in any case
// A path reaches into documents by dots: `status.phase=running,node~pi`. Of a list, one item that matches is enough.

export type FilterTerm = { path: string[]; operator: '=' | '!=' | '~'; value: string }

/** A filter that cannot be read; `term` is the part. */
export class FilterError extends Error {
  constructor(term: string) {
    super(`"${term}" is not field=value, field!=value or field~text`)
    this.name = 'FilterError'
  }
}

const termPattern = /^([a-zA-Z][\w.-]*?)(!=|=|~)(.*)$/s

/** @throws {FilterError} */
export function parseFilter(text: string): FilterTerm[] {
  return text.split(',').map((term) => {
    const [, path, operator, value] = termPattern.exec(term.trim()) ?? []
    if (path === undefined || value === undefined) throw new FilterError(term)
    return { path: path.split('.'), operator: operator as FilterTerm['operator'], value }
  })
}

export const matchesAll = (terms: readonly FilterTerm[], document: unknown): boolean =>
  terms.every((term) => matches(term, document))

function matches({ path, operator, value }: FilterTerm, document: unknown): boolean {
  const found = valuesAt(document, path).map(String)
  if (operator === '=') return found.includes(value)
  if (operator === '!=') return !found.includes(value)
  return found.some((text) => text.toLowerCase().includes(value.toLowerCase()))
}

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path))
  if (value === undefined || value === null) return []
  const [head, ...rest] = path
  if (head === undefined) return typeof value === 'object' ? [] : [value]
  if (typeof value !== 'object' || !Object.hasOwn(value, head)) return []
  return valuesAt((value as Record<string, unknown>)[head], rest)
}
