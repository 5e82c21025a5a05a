import type { Admission, Node, NodeId } from '@bramble/contracts'
import { createRefusedNodes } from './refused-nodes.ts'

const node = (admission: Admission, own: string | undefined, refused: string[] = []): Node =>
  ({
    id: 'pi-01' as NodeId,
    admission,
    ...(own && { identity: { key: own } }),
    ...(refused.length > 0 && { refusedKeys: refused.map((key) => ({ key })) }),
  }) as Node

describe('whom nodes refuse', () => {
  it.each<[string, Node, string[] | undefined]>([
    ['one that is not approved yet', node('seen', 'a'), ['a']],
    ['none that is approved', node('approved', 'a'), undefined],
    ['none that is drained', node('draining', 'a'), undefined],
    ['one that is retired', node('retired', undefined, ['a']), ['a']],
    ['those that had the name before', node('approved', 'c', ['b', 'a']), ['a', 'b']],
    ['none without a key', node('seen', undefined), undefined],
  ])('is %s', (_what, present, keys) => {
    const refused = createRefusedNodes()
    expect(refused.changed(undefined, present)).toBe(keys !== undefined)
    expect(refused.list()?.map(({ key }) => key)).toEqual(keys)
  })

  it('changes when a node is approved, and by nothing else that it does', () => {
    const refused = createRefusedNodes()
    const [seen, approved] = [node('seen', 'a'), node('approved', 'a')]
    refused.changed(undefined, seen)
    expect(refused.changed(seen, { ...seen, labels: { shelf: '1' } })).toBe(false)
    expect(refused.changed(seen, approved)).toBe(true)
    expect(refused.list()).toBeUndefined()
    expect(refused.changed(approved, { ...approved, liveness: 'lost' })).toBe(false)
  })
})
