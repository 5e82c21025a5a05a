import type { Timestamp } from '@bramble/contracts'
import type { FoundService } from '@bramble/mdns'
import { offerOf, placeOf } from './offer.ts'
import { agentSighting, cloudletSighting, mergeFound } from './sightings.ts'

const cloudlet = { url: 'http://10.0.0.1:8080', path: '/v1', version: '0.1.0', services: 'abc' }
const found: FoundService = {
  ...{ type: '_cloudlet._tcp', label: 'lab', addresses: ['10.0.0.2'], port: 8080 },
  ...{ txt: { version: '0.1.0', path: '/v1', encryption: 'none', services: 'abc' }, firstMs: 1000, heardMs: 2000 },
}
const toTime = (ms: number) => `at ${ms}` as Timestamp

it.each([
  ['http://10.0.0.1:8080', { kind: 'address', address: '10.0.0.1' }],
  ['http://0.0.0.0:8080', { kind: 'anywhere' }],
  ['http://[::]:8080', { kind: 'anywhere' }],
  ['https://pi.lab.example.org', { kind: 'name', name: 'pi.lab.example.org' }],
  ['http://[fd00::1]:8080', { kind: 'name', name: 'fd00::1' }],
])('an API at %s is found there', (url, place) => expect(placeOf({ url })).toEqual(place))

it.each([
  ['http://10.0.0.1:8080', 8080, 'none'],
  ['http://10.0.0.1', 80, 'none'],
  ['https://10.0.0.1', 443, 'tls'],
])('a cloudlet at %s is told with port %i, encryption %s', (url, port, encryption) => {
  const offer = offerOf({ ...cloudlet, url }, { label: 'shelf', found: 'anywhere' })
  expect(offer).toMatchObject({ type: '_cloudlet._tcp', label: 'shelf', port })
  expect(offer.txt).toEqual({ version: '0.1.0', path: '/v1', encryption, services: 'abc' })
})

it('what is seen from two interfaces is one, with the addresses of both', () => {
  const there = { ...found, label: 'LAB', addresses: ['10.1.0.2'], firstMs: 500, heardMs: 1500 }
  expect(mergeFound([there, found, { ...found, label: 'attic' }])).toEqual([
    { ...found, label: 'attic' },
    { ...found, addresses: ['10.0.0.2', '10.1.0.2'], firstMs: 500 },
  ])
})

it('a sighting says how the API is reached, if that was told', () => {
  const sighting = cloudletSighting(found, toTime)
  expect(sighting).toMatchObject({ id: 'lab', url: 'http://10.0.0.2:8080', encryption: 'none', firstSeenAt: 'at 1000' })
  const foreign = cloudletSighting({ ...found, txt: {} }, toTime)
  expect(foreign).toEqual({
    ...{ id: 'lab', addresses: ['10.0.0.2'], port: 8080, encryption: 'unknown' },
    ...{ firstSeenAt: 'at 1000', lastSeenAt: 'at 2000' },
  })
  expect(agentSighting({ ...found, txt: { arch: 'arm64' } }, toTime)).toMatchObject({ id: 'lab', arch: 'arm64' })
})
