import { stringify } from 'yaml'

export const outputFormats = ['table', 'json', 'yaml', 'csv', 'name'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** A column: its header, and its text of an item. */
export interface Column<Item> {
  name: string
  text: (item: Item) => string
  /** Shown only when --columns names it. */
  hidden?: boolean
}

export interface Shape<Item> {
  columns: Column<Item>[]
  /** What `-o name` prints. */
  nameOf: (item: Item) => string
}

const csvCell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const tableText = (rows: string[][]): string => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

interface Choice<Item> {
  format: OutputFormat
  columns: Column<Item>[]
  header: boolean
}

const rowsOf = <Item>(items: Item[], { columns, header }: Choice<Item>, head: (name: string) => string): string[][] => [
  ...(header ? [columns.map((it) => head(it.name))] : []),
  ...items.map((item) => columns.map((it) => it.text(item))),
]

/** The items as text in the format; '' when there is nothing to print. */
export const formatItems = <Item>(items: Item[], shape: Shape<Item>, choice: Choice<Item>): string => {
  switch (choice.format) {
    case 'json':
      return JSON.stringify(items, null, 2)
    case 'yaml':
      return stringify(items).trimEnd()
    case 'name':
      return items.map(shape.nameOf).join('\n')
    case 'csv':
      return rowsOf(items, choice, (name) => name)
        .map((row) => row.map(csvCell).join(','))
        .join('\n')
    case 'table':
      return tableText(rowsOf(items, choice, (name) => name.toUpperCase()))
  }
}
