import { readRange } from './byte-range.ts'

const part = (start: number, end: number) => ({ kind: 'part', range: { start, end } })

it.each([
  [undefined, { kind: 'whole' }],
  ['bytes=0-0', part(0, 0)],
  ['bytes=0-99', part(0, 99)],
  ['bytes=0-1000', part(0, 99)],
  ['bytes=90-', part(90, 99)],
  ['bytes=99-99', part(99, 99)],
  ['bytes=-1', part(99, 99)],
  ['bytes=-1000', part(0, 99)],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=100-200', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=5-4', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
  ['bytes=a-b', { kind: 'whole' }],
  ['pages=0-1', { kind: 'whole' }],
])('of 100 bytes, %p asks for %p', (header, expected) => {
  expect(readRange(header, 100)).toEqual(expected)
})

it('has nothing to give of an empty blob', () => {
  expect(readRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
  expect(readRange(undefined, 0)).toEqual({ kind: 'whole' })
})
