import { systemClock } from '@bramble/kit'
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
