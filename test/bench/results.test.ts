import { resultLine, tableText } from './results.ts'

describe('the line of a result', () => {
  it('has the ratio of ours to the bound', () =>
    expect(resultLine({ id: 'a.b', ours: 300, bound: 600 })).toBe('a.b ours=300 bound=600 ratio=0.5000'))

  it('has the peer and another ratio where they are given', () =>
    expect(resultLine({ id: 'a.b', ours: 1.234, bound: 2, peer: 3, ratio: 123.4 })).toBe(
      'a.b ours=1.23 bound=2 ratio=123 peer=3',
    ))
})

it('a table has columns of one width', () => {
  const rows = [
    ['a', 1.5],
    ['longer', 123],
  ]
  expect(tableText(['what', 'ms'], rows).split('\n')).toEqual(['what      ms', 'a       1.50', 'longer   123'])
})
