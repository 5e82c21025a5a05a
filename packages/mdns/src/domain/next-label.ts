const longest = 50

/** What to be called when the name is somebody else's: `shelf`, `shelf-2`, `shelf-3`. */
export function nextLabel(label: string): string {
  const [, stem = label, number] = /^(.*?)(?:-([2-9]|[1-9]\d+))?$/.exec(label) ?? []
  const suffix = `-${number === undefined ? 2 : Number(number) + 1}`
  return stem.slice(0, longest - suffix.length) + suffix
}
