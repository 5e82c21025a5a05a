/** A change of one place in the sources, made while a process loads them: nothing on disk is touched. */
export interface Patch {
  /** Below the repository. */
  file: string
  /** Stands in it exactly once. */
  find: string
  replace: string
}

/** With quotes and line ends as they are in the file. @throws when the fragment is not there, or there twice */
export function applyPatch(source: string, { file, find, replace }: Patch): string {
  const parts = source.split(find)
  if (parts.length === 2) return parts.join(replace)
  throw new Error(`${file} has ${parts.length - 1} times, not once: ${find}`)
}
