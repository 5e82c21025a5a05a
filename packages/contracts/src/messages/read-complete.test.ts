import { z } from 'zod'
import { completeReader } from './read-complete.ts'

const Instance = z.object({ id: z.string(), port: z.number().default(80) })
const read = completeReader(z.object({ node: z.string(), instances: z.array(Instance) }))
const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, later: true }))

describe('reading a complete document', () => {
  it('parses what is told for the first time, and keeps what is told as before', () => {
    const first = read({ node: 'n', instances: [a, b] })
    expect(first).toEqual({
      node: 'n',
      instances: [
        { id: 'a', port: 80 },
        { id: 'b', port: 80 },
      ],
    })
    expect(read({ node: 'm', instances: [c] })).toEqual({ node: 'm', instances: [{ id: 'c', port: 80 }] })
    const second = read({ node: 'n', instances: [b, c, a] })
    expect(second).toEqual({ node: 'n', instances: ['b', 'c', 'a'].map((id) => ({ id, port: 80 })) })
    expect(second.instances[0]).toBe(first.instances[1])
    expect(second.instances[2]).toBe(first.instances[0])
  })

  it('takes what it was given where parsing changes nothing of it, and nowhere else', () => {
    const [plain, older] = [{ id: 'p', port: 1 }, { id: 'o' }]
    const { instances } = read({ node: 'k', instances: [plain, older, a] })
    expect(instances[0]).toBe(plain)
    expect(instances.slice(1)).toEqual(['o', 'a'].map((id) => ({ id, port: 80 })))
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['no list', { node: 'n', instances: {} }],
    ['a wrong instance among known ones', { node: 'n', instances: [a, { id: 3 }] }],
    ['instances that are no objects', { node: 'n', instances: [null, 'x'] }],
    ['a wrong frame with known instances', { node: 3, instances: [a] }],
  ])('refuses %s', (_what, body) => {
    read({ node: 'n', instances: [a] })
    expect(() => read(body)).toThrow()
  })
})
