// What a suite prints: a table for people and, last, one line per target for whatever compares runs.

export interface Result {
  /** As in the list of targets: `control.launches`. */
  id: string
  ours: number
  bound: number
  /** Another system's figure for the same work. */
  peer?: number
  /** Where it is not ours over bound: of times, for example, where less is better. */
  ratio?: number
}

const digits = (value: number): string =>
  Number.isInteger(value) ? `${value}` : value.toFixed(value < 1 ? 4 : value < 100 ? 2 : 0)

/** `ID ours=X bound=Y ratio=Z`, and `peer=` where there is one. */
export function resultLine({ id, ours, bound, peer, ratio = ours / bound }: Result): string {
  const figures = { ours, bound, ratio, ...(peer !== undefined && { peer }) }
  return [id, ...Object.entries(figures).map(([name, value]) => `${name}=${digits(value)}`)].join(' ')
}

export type Cell = string | number

/** Columns as wide as their widest cell; the first one is text, the others figures. */
export function tableText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [head, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? digits(cell) : cell)))
  const widths = head.map((_, at) => Math.max(...texts.map((row) => row[at]?.length ?? 0)))
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!))
  return texts.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

export const say = (text: string): void => void process.stdout.write(`${text}\n`)
/** What is being done, for who waits; not part of the output. */
export const tell = (text: string): void => void process.stderr.write(`${text}\n`)
