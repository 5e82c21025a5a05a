import type { CloudletSighting, SiteId, Timestamp } from '@bramble/contracts'
import { mergeAgents, mergeCloudlets } from './merge-sightings.ts'

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z` as Timestamp
const lab: CloudletSighting = {
  ...{ id: 'lab', addresses: ['10.0.0.2'], port: 8080, encryption: 'none', services: 'old' },
  ...{ firstSeenAt: at(10), lastSeenAt: at(20) },
}
const report = (site: string, cloudlets: CloudletSighting[]) => ({ site: site as SiteId, cloudlets, agents: [] })

it('what two sites see of one name is one, as it was heard last', () => {
  const newer = { ...lab, addresses: ['10.1.0.2'], services: 'new', firstSeenAt: at(15), lastSeenAt: at(30) }
  const attic = { ...lab, id: 'attic' }
  for (const reports of [
    [report('b', [newer]), report('a', [lab, attic])],
    [report('a', [lab, attic]), report('b', [newer])],
  ]) {
    expect(mergeCloudlets(reports)).toEqual([
      { ...attic, sites: ['a'] },
      { ...newer, addresses: ['10.0.0.2', '10.1.0.2'], firstSeenAt: at(10), sites: ['a', 'b'] },
    ])
  }
  expect(mergeAgents([report('a', [lab])])).toEqual([])
})
