import fc from 'fast-check'
import { FilterError, matchesAll, parseFilter } from './filter.ts'

const document = {
  name: 'Search-1',
  tags: ['fast', 'ocr'],
  status: { phase: 'running', forwards: [{ hostPort: 8080 }, { hostPort: 8081 }] },
  isReady: true,
  problem: undefined,
}

describe('filters', () => {
  it.each([
    ['status.phase=running', true],
    ['status.phase=failed', false],
    ['status.phase!=failed', true],
    ['name~search', true],
    ['name=search-1', false],
    ['tags=ocr', true],
    ['tags!=ocr', false],
    ['status.forwards.hostPort=8081', true],
    ['isReady=true', true],
    ['problem=x', false],
    ['problem!=x', true],
    ['nothing.at.all~x', false],
    ['status=running', false],
    ['toString~native', false],
    ['status.phase=running, name~1', true],
    ['status.phase=running,name~2', false],
    ['name=', false],
  ])('%s is %s', (filter, expected) => expect(matchesAll(parseFilter(filter), document)).toBe(expected))

  it.each(['', 'name', '=x', 'a=b,', 'a b=c'])('%j cannot be read', (filter) => {
    expect(() => parseFilter(filter)).toThrow(FilterError)
  })

  it('takes any value that holds no comma', () => {
    const value = fc.string().filter((text) => !text.includes(',') && text === text.trim())
    fc.assert(fc.property(value, (text) => matchesAll(parseFilter(`a.b=${text}`), { a: { b: text } })))
  })
})
