import { createKeptLines } from './kept-lines.ts'
import { noLines } from './message-lines.ts'

const linesOf = (length: number) => ({ ...noLines, bytes: Buffer.alloc(length) })
const keptOf = (kept: ReturnType<typeof createKeptLines>) => ['a', 'b', 'c'].filter((key) => kept.get(key))

describe('the last messages', () => {
  it('are kept as far as they fit, those set last', () => {
    const kept = createKeptLines(10)
    for (const key of ['a', 'b', 'a', 'c']) kept.set(key, linesOf(5))
    expect(keptOf(kept)).toEqual(['a', 'c'])
    kept.set('b', linesOf(1))
    expect(keptOf(kept)).toEqual(['b', 'c'])
    kept.set('c', linesOf(2))
    kept.set('a', linesOf(7))
    expect(keptOf(kept)).toEqual(['a', 'b', 'c'])
  })

  it('are at least the very last one, whatever its length', () => {
    const kept = createKeptLines(10)
    kept.set('a', linesOf(2))
    kept.set('b', linesOf(1000))
    expect(keptOf(kept)).toEqual(['b'])
    kept.set('a', linesOf(3))
    expect(keptOf(kept)).toEqual(['a'])
  })
})
