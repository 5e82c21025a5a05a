import { systemClock } from '@bramble/kit'
import { DuplicateError, WriteInDoubtError } from '../store/errors.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { Collection, Setting, Store } from '../store/store.ts'
import { createMirror } from './mirror.ts'
import type { Mirror } from './mirror.ts'

let store: Store
let settings: Collection<Setting>
let mirror: Mirror<Setting>
let seen: [before: unknown, after: unknown][]

beforeEach(async () => {
  store = openSqliteStore({ path: ':memory:', clock: systemClock })
  settings = { ...store.collection('settings') }
  seen = []
  const onChange = (before?: Setting, after?: Setting) => void seen.push([before?.value, after?.value])
  mirror = createMirror(settings, [undefined], { onChange })
  await mirror.insert({ id: 'a', value: 1 })
})
afterEach(() => store.close())

const setTo = (value: number) => mirror.update('a', (setting) => ({ ...setting, value }))

describe('a mirror', () => {
  it('keeps removed what a write that was under way changes', async () => {
    const written = setTo(2)
    await Promise.all([mirror.remove('a'), written])
    expect(mirror.get('a')).toBeUndefined()
    expect([...mirror.values()]).toEqual([])
    expect(seen).toEqual([
      [undefined, 1],
      [1, undefined],
    ])
  })

  it('shows what is stored when the removal fails', async () => {
    settings.remove = async () => Promise.reject(new Error('disk full'))
    const written = setTo(2)
    await expect(mirror.remove('a')).rejects.toThrow('disk full')
    await written
    expect(mirror.get('a')).toEqual(await settings.get('a'))
    expect(mirror.get('a')?.value).toBe(2)
  })

  it('shows what is made again while it is removed', async () => {
    await Promise.all([mirror.remove('a'), mirror.insert({ id: 'a', value: 3 })])
    expect(mirror.get('a')).toMatchObject({ value: 3, revision: 3 })
  })
})

describe('a write in doubt', () => {
  /** The next write is answered as one in doubt; `settle` makes it known, done by the store itself if it is to be done. */
  const doubt = (verb: 'insert' | 'replace' | 'remove') => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const act = settings[verb].bind(settings) as (argument: unknown) => Promise<unknown>
    let settle: { done: () => Promise<void>; refused: () => Promise<void> } | undefined
    Object.assign(settings, {
      [verb]: async (argument: unknown) => {
        Object.assign(settings, { [verb]: act })
        settle = {
          done: async () => resolve(await act(argument)),
          refused: async () => reject(new DuplicateError('settings', 'name')),
        }
        throw new WriteInDoubtError(promise)
      },
    })
    return { done: () => settle!.done(), refused: () => settle!.refused() }
  }

  it.each([
    { verb: 'insert', write: () => mirror.insert({ id: 'b', value: 9 }), after: [undefined, 9], id: 'b' },
    { verb: 'replace', write: () => setTo(9), after: [1, 9], id: 'a' },
    { verb: 'remove', write: () => mirror.remove('a'), after: [1, undefined], id: 'a' },
  ] as const)('shows $verb when it turns out to be done', async ({ verb, write, after, id }) => {
    const { done } = doubt(verb)
    await expect(write()).rejects.toThrow(WriteInDoubtError)
    expect(mirror.get(id)?.value).toBe(after[0])
    await done()
    expect(mirror.get(id)?.value).toBe(after[1])
    expect(mirror.get(id)).toEqual(await settings.get(id))
    expect(seen.at(-1)).toEqual(after)
  })

  it.each([
    { verb: 'insert', write: () => mirror.insert({ id: 'b', value: 9 }) },
    { verb: 'replace', write: () => setTo(9) },
  ] as const)('shows nothing of $verb when it turns out not to be done', async ({ verb, write }) => {
    const { refused } = doubt(verb)
    await expect(write()).rejects.toThrow(WriteInDoubtError)
    await refused()
    await expect(setTo(2)).resolves.toMatchObject({ value: 2 })
    expect([...mirror.values()].map(({ value }) => value)).toEqual([2])
  })

  it('lets nobody write its document before it is known', async () => {
    const { done } = doubt('insert')
    const insert = () => mirror.insert({ id: 'b', value: 9 })
    await expect(insert()).rejects.toThrow(WriteInDoubtError)
    const refusal = expect.objectContaining({ name: 'StoreUnavailableError' })
    await expect(insert()).rejects.toEqual(refusal)
    await expect(mirror.remove('b')).rejects.toEqual(refusal)
    await done()
    await expect(insert()).rejects.toThrow(DuplicateError)
    await expect(mirror.remove('b')).resolves.toBe(true)
  })
})
