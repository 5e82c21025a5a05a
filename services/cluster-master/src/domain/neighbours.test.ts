import fc from 'fast-check'
import type { DesiredInstance, Digest, NodeId } from '@bramble/contracts'
import { sampleHost } from '../testing/samples.ts'
import { chooseNeighbours, mostNeighbours, sharesAt } from './neighbours.ts'
import type { Sharer } from './neighbours.ts'

const [base, overlay, other] = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}` as Digest)
const instance: Pick<DesiredInstance, 'source'> = { source: { kind: 'synthesis', base: base!, overlay: overlay! } }

const sharer = (id: string, cached: Digest[], more: Partial<Sharer> = {}): Sharer => ({
  ...{ id: id as NodeId, cluster: 'shelf-1', liveness: 'ready', cached: new Set(cached) },
  sharesAt: `https://${id}:7443`,
  ...more,
})
const taker = sharer('taker', [])
const chosen = (nodes: Sharer[], node = taker) => chooseNeighbours(node, [instance], nodes).map((it) => String(it.node))

describe('neighbours', () => {
  it('are those that have what is lacking, most of it first', () => {
    const nodes = [sharer('none', [other!]), sharer('one', [base!]), sharer('both', [base!, overlay!]), taker]
    expect(chosen(nodes)).toEqual(['both', 'one'])
    expect(chooseNeighbours(taker, [instance], nodes)[0]).toEqual({ node: 'both', url: 'https://both:7443' })
  })

  it.each([
    ['of another cluster', { cluster: 'shelf-2' }],
    ['suspect', { liveness: 'suspect' }],
    ['lost', { liveness: 'lost' }],
    ['without a listener for others', { sharesAt: undefined }],
  ] as const)('are none that are %s', (_what, more) => {
    expect(chosen([sharer('one', [base!, overlay!], more)])).toEqual([])
  })

  it('are not named to a node that has all it needs, or that cannot ask', () => {
    const nodes = [sharer('one', [base!, overlay!])]
    expect(chosen(nodes, sharer('taker', [base!, overlay!]))).toEqual([])
    expect(chosen(nodes, { ...taker, sharesAt: undefined })).toEqual([])
  })

  it('are named for what an instance starts from, not for a disk that it boots', () => {
    const disk = { source: { kind: 'disk', disk: base!, machine: {} } } as Pick<DesiredInstance, 'source'>
    expect(chooseNeighbours(taker, [disk], [sharer('one', [base!])])).toEqual([])
  })

  it('are few, never oneself, and the same whenever they are chosen', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/), { maxLength: 30 }), (ids) => {
        const nodes = ids.map((id) => sharer(id, [base!]))
        const first = chosen(nodes)
        expect(first).toHaveLength(Math.min(mostNeighbours, ids.filter((id) => id !== 'taker').length))
        expect(first).not.toContain('taker')
        expect(chosen(nodes.toReversed())).toEqual(first)
      }),
    )
  })

  it('are spread: no giver is the first of many takers', () => {
    const givers = Array.from({ length: 10 }, (_, n) => sharer(`giver-${n}`, [base!]))
    const firsts = Array.from({ length: 100 }, (_, n) => chosen(givers, sharer(`taker-${n}`, []))[0]!)
    const most = Math.max(...givers.map(({ id }) => firsts.filter((first) => first === id).length))
    expect(most).toBeLessThan(30)
  })

  it('share real images only, and only over HTTPS', () => {
    const real = { ...sampleHost, driver: 'libvirt' as const, listenerUrl: 'https://10.0.0.7:7443' }
    expect(sharesAt(real)).toBe('https://10.0.0.7:7443')
    expect(sharesAt({ ...real, driver: 'simulated' })).toBeUndefined()
    expect(sharesAt({ ...real, listenerUrl: 'http://127.0.0.1:1' })).toBeUndefined()
    expect(sharesAt(undefined)).toBeUndefined()
  })
})
