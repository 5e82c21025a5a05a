import { formatItems, type OutputFormat, type Shape } from './format.ts'

interface Thing {
  name: string
  note: string
}
const shape: Shape<Thing> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'note', text: (it) => it.note },
  ],
}
const things = [
  { name: 'one', note: 'plain' },
  { name: 'second', note: 'with, comma "and" quote' },
]
const format = (format: OutputFormat, header = true) =>
  formatItems(things, shape, { format, columns: shape.columns, header })

it('aligns a table', () => expect(format('table')).toBe('NAME    NOTE\none     plain\nsecond  with, comma "and" quote'))
it('quotes csv (RFC 4180)', () =>
  expect(format('csv')).toBe('name,note\none,plain\nsecond,"with, comma ""and"" quote"'))
it('leaves the header out', () => expect(format('csv', false).split('\n')).toHaveLength(2))
it('prints names alone', () => expect(format('name')).toBe('one\nsecond'))
it('prints JSON that reads back', () => expect(JSON.parse(format('json'))).toEqual(things))
