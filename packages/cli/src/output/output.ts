import { stringify } from 'yaml'
import { UsageError } from '../exit-code.ts'
import { type Column, formatItems, type OutputFormat, outputFormats, type Shape } from './format.ts'

/** Data goes to stdout, everything else to stderr. */
export interface Output {
  format: OutputFormat
  items: <Item>(items: Item[], shape: Shape<Item>) => void
  /** One item: its fields line by line, or as items() would in the other formats. */
  item: <Item>(item: Item, shape: Shape<Item>) => void
  text: (text: string) => void
  /** A sentence for people; nothing with --quiet. */
  say: (text: string) => void
}

interface Flags {
  output?: string
  columns?: string
  header: boolean
  quiet?: boolean
}

const chooseColumns = <Item>(columns: Column<Item>[], wanted?: string): Column<Item>[] => {
  if (!wanted) return columns.filter((it) => !it.hidden)
  return wanted.split(',').map((name) => {
    const column = columns.find((it) => it.name === name)
    if (!column)
      throw new UsageError(`there is no column '${name}'; there are: ${columns.map((it) => it.name).join(', ')}`)
    return column
  })
}

const parseFormat = (text: string): OutputFormat => {
  const format = outputFormats.find((it) => it === text)
  if (!format) throw new UsageError(`there is no output format '${text}'; there are: ${outputFormats.join(', ')}`)
  return format
}

const fieldLines = <Item>(item: Item, columns: Column<Item>[]): string => {
  const width = Math.max(...columns.map((it) => it.name.length)) + 2
  const lines = columns.map((it) => [`${it.name}:`.padEnd(width), it.text(item)] as const)
  return lines
    .filter(([, text]) => text !== '')
    .map(([name, text]) => name + text.replaceAll('\n', `\n${' '.repeat(width)}`))
    .join('\n')
}

const print = (text: string): void => {
  if (text) process.stdout.write(`${text}\n`)
}

export const outputTo = (flags: Flags, env: NodeJS.ProcessEnv): Output => {
  const format = parseFormat(flags.output ?? env.BRAMBLE_OUTPUT ?? 'table')
  const items: Output['items'] = (list, shape) =>
    print(
      formatItems(list, shape, { format, columns: chooseColumns(shape.columns, flags.columns), header: flags.header }),
    )
  const item: Output['item'] = (one, shape) => {
    if (format === 'json') return print(JSON.stringify(one, null, 2))
    if (format === 'yaml') return print(stringify(one).trimEnd())
    if (format !== 'table') return items([one], shape)
    print(fieldLines(one, flags.columns ? chooseColumns(shape.columns, flags.columns) : shape.columns))
  }
  const say = (text: string) => {
    if (!flags.quiet) process.stderr.write(`${text}\n`)
  }
  return { format, items, item, text: print, say }
}
