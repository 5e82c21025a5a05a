import fc from 'fast-check'
import { createMessageReader, decodeMessage } from './read-message.ts'
import type { ReadMessage } from './read-message.ts'
import { createMessageWriter } from './write-message.ts'

const message = (instances: unknown[], more: object = {}) => ({ type: 'report.node.v1', ...more, instances })
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
const instance = (id: number) => ({ id: `in-${id}`, text: 'line\nbreak, "quoted", ü' })

const instances = fc.array(
  fc.dictionary(fc.string(), fc.jsonValue()).map((fields) => JSON.parse(JSON.stringify(fields))),
)
const frame = fc.record({ at: fc.string(), free: fc.jsonValue() }).map((it) => JSON.parse(JSON.stringify(it)) as object)

/** Hears somebody else after each message, and keeps one alone. */
const createForgetful = (): ReadMessage => {
  const read = createMessageReader(1)
  const other = createMessageWriter()('x', message([{}]))
  return (key, bytes) => {
    const found = read(key, bytes)
    read('x', other)
    return found
  }
}

describe.each([
  ['whose last one is kept', createMessageReader],
  ['whose last one is forgotten', createForgetful],
])('a message with instances %s', (_how, createReader) => {
  it('is JSON, and says the same to whoever reads it, one after another', () => {
    const [write, read] = [createMessageWriter(), createReader()]
    fc.assert(
      fc.property(instances, frame, (them, more) => {
        const sent = message(them, more)
        const bytes = write('node.a', sent)
        expect(decodeMessage(bytes)).toEqual(sent)
        expect(read('node.a', bytes)).toEqual(sent)
      }),
    )
  })

  it('says what it would say to somebody new, whatever it repeats', () => {
    const [write, read] = [createMessageWriter(), createReader()]
    const known = Array.from({ length: 12 }, (_, id) => instance(id))
    const said = fc.array(fc.constantFrom(...known), { maxLength: 20 })
    const almostAll = fc.subarray(known)
    fc.assert(
      fc.property(fc.oneof(said, almostAll), frame, (them, more) => {
        const sent = message(them, more)
        const bytes = write('node.a', sent)
        expect(bytes).toEqual(createMessageWriter()('node.a', sent))
        expect(read('node.a', bytes)).toEqual(sent)
        expect(createMessageReader()('node.a', bytes)).toEqual(sent)
      }),
    )
  })

  it('is the very list that was told before when nothing has changed', () => {
    const [write, read] = [createMessageWriter(), createReader()]
    const told = (at: string) => read('node.a', write('node.a', message([instance(1), instance(2)], { at })))
    const first = told('now')
    expect(told('later')).toEqual({ ...first, at: 'later' })
    expect((told('then') as ReturnType<typeof message>).instances).toBe((first as ReturnType<typeof message>).instances)
  })

  it('leaves nothing once there are no instances', () => {
    const [write, read] = [createMessageWriter(), createReader()]
    const told = (them: object[]) =>
      (read('node.a', write('node.a', message(them))) as ReturnType<typeof message>).instances
    const [first] = told([instance(1)])
    expect(told([])).toEqual([])
    const [again] = told([instance(1)])
    expect(again).toEqual(first)
    expect(again).not.toBe(first)
  })

  it('is refused with a frame that is none, and the next one is read', () => {
    const [write, read] = [createMessageWriter(), createReader()]
    const [good, other] = [message([instance(1)]), message([instance(2)])]
    read('node.a', write('node.a', good))
    const broken = Buffer.from(write('node.a', other).toString().replace('"report.node.v1"', '             333'))
    expect(() => read('node.a', broken)).toThrow('a message is an object with a type')
    for (const sent of [good, other]) expect(read('node.a', write('node.a', sent))).toEqual(sent)
  })

  it('holds the same objects as the one before for what has not changed', () => {
    const read = createReader()
    const write = createMessageWriter()
    const readInstances = (key: string, them: object[]) =>
      (read(key, write(key, message(them, { at: 'now' }))) as ReturnType<typeof message>).instances
    const [a, b, c, d] = [1, 2, 3, 4].map(instance) as [object, object, object, object]
    const first = readInstances('node.a', [a, b, c])
    const changed = { ...b, phase: 'running' }
    const second = readInstances('node.a', [{ ...a }, changed, { ...c }, d])
    expect(second).toEqual([a, changed, c, d])
    expect(second[0]).toBe(first[0])
    expect(second[2]).toBe(first[2])
    const third = readInstances('node.a', [changed, d, a])
    expect(third).toEqual([changed, d, a])
    expect(third.slice(0, 2)).toEqual([second[1], second[3]])
    expect(third[1]).toBe(second[3])
    expect(readInstances('node.b', [a])[0]).not.toBe(first[0])
  })

  it('names an instance as often as it was named', () => {
    const sent = message([instance(1), instance(1)])
    expect(createMessageReader()('node.a', createMessageWriter()('node.a', sent))).toEqual(sent)
  })
})

describe('a message that another program wrote', () => {
  const sent = message([instance(1), instance(2)])

  it.each([
    ['on one line', bytesOf(sent)],
    ['indented', Buffer.from(JSON.stringify(sent, undefined, 2))],
    ['without instances', bytesOf({ type: 'fact.instance.v1', at: 'now' })],
    ['with none', bytesOf(message([]))],
    ['with lines of its own', Buffer.from('{"type":"x","instances":[\n{"id":1},\n{"id":\n2}\n]}')],
    ['with a list that ends elsewhere', Buffer.from('{"type":"x","instances":[\n{"id":1},\n{"id":2}]\n}')],
    ['with something else of that name', bytesOf({ type: 'x', instances: 3 })],
  ])('is read %s', (_how, bytes) => {
    expect(createMessageReader()('node.a', bytes)).toEqual(JSON.parse(bytes.toString()))
  })

  it.each([
    '',
    '{',
    '[]',
    '3',
    '{"type":3}',
    '{"type":"x","instances":[\n{\n]}',
    '{"instances":[\n{}\n]}',
    '{"type":"x","instances":[\n{}\n{}\n]}',
  ])('is refused when it is %j', (text) => expect(() => createMessageReader()('node.a', Buffer.from(text))).toThrow())
})
