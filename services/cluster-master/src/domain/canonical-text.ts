/** JSON in which the order of keys is always the same: of two values that are equal the texts are too. */
export const canonicalText = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (isTree(inner) ? sorted(inner) : inner))

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sorted = (tree: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)))
