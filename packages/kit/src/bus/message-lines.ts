export const head = '"instances":['

/** With thousands of nodes little is new of each: what was said to or by one long ago is made anew. */
export const mostKeptBytes = 8 * 1024 ** 2

/** A message with one instance a line, and where in it those are. */
export interface Lines {
  bytes: Buffer
  /** Where the first instance begins. */
  first: number
  /** Where each instance ends; the next one begins behind a comma and a line break. */
  ends: readonly number[]
  instances: readonly unknown[]
}

export const noLines: Lines = { bytes: Buffer.alloc(0), first: 0, ends: [], instances: [] }

export const startOf = ({ first, ends }: Lines, line: number): number => (line === 0 ? first : ends[line - 1]! + 2)

/** Where the lines end when those that begin with `from` stand at `at`. */
export function shiftedEnds(lines: Lines, { from, to, at }: { from: number; to: number; at: number }): number[] {
  const shift = at - startOf(lines, from)
  return lines.ends.slice(from, to).map((end) => end + shift)
}
