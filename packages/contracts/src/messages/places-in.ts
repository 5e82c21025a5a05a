/**
 * Where each item was in the last list, -1 when it was not there. What is said again is the same object, mostly in the
 * same order: it is looked for behind what was found last.
 */
export function placesIn<T>(last: readonly T[], items: readonly T[]): number[] {
  let next = 0
  return items.map((item) => {
    const behind = last.indexOf(item, next)
    const at = behind === -1 ? last.indexOf(item) : behind
    if (at !== -1) next = at + 1
    return at
  })
}

export const isSameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, at) => item === b[at])
