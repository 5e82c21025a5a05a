// One source of settings (the file, the environment, the flags): its values as a tree, and where each was given.

export type Tree = { [key: string]: unknown }

export interface Layer {
  values: Tree
  /** Where the value at `path` was given, or undefined when this layer does not give it. */
  whereIs: (path: readonly PropertyKey[]) => string | undefined
}

/** Later layers win, key by key; lists are replaced whole. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isTree(below) && isTree(value) ? mergeTrees(below, value) : value
  }
  return merged
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path
  if (key === undefined) return
  if (rest.length === 0) {
    tree[key] = value
    return
  }
  const below = tree[key]
  const child = isTree(below) ? below : {}
  tree[key] = child
  setAt(child, rest, value)
}
