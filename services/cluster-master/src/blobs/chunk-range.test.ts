import { readChunkRange } from './chunk-range.ts'

it.each([
  ['0-99', { start: 0, end: 99 }],
  ['5-5', { start: 5, end: 5 }],
  ['5-4', undefined],
  ['bytes 0-9/10', undefined],
  ['-5', undefined],
  ['1e3-2e3', undefined],
])('a chunk with Content-Range %p is %p', (header, expected) => {
  expect(readChunkRange(header)).toEqual(expected)
})
