import { join } from 'node:path'
import { loadConfig } from '@bramble/kit'
import { DiscoverySettings, nameOfHost } from './settings.ts'

const example = join(import.meta.dirname, '../../../config/discovery.example.yaml')
const interfaces = ['eth0']
const load = (flags: Record<string, unknown>) => loadConfig(DiscoverySettings, { flags: { interfaces, ...flags } })

describe('settings of the discovery service', () => {
  it('are explained by an example that shows every default', () => {
    expect(loadConfig(DiscoverySettings, { file: example })).toEqual(DiscoverySettings.parse({ interfaces }))
  })

  it.each([
    ['site', 'Shelf 1'],
    ['name', 'shelf.1'],
    ['interfaces', '[]'],
    ['interfaces', '[eth0/1]'],
    ['advertisedAddress', 'shelf.example.org'],
    ['ttl.hostSeconds', '0'],
    ['surprise', '1'],
  ])('refuse %s = %s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(name.split('.')[0])
  })

  it('name interfaces, by the environment too', () => {
    expect(loadConfig(DiscoverySettings, { env: { BRAMBLE__INTERFACES: '[eth0, wlan0]' } }).interfaces).toEqual([
      'eth0',
      'wlan0',
    ])
    expect(() => loadConfig(DiscoverySettings, {})).toThrow('interfaces')
  })
})

it.each([
  ['pi-07.lab.example.org', 'pi-07'],
  ['My_Host', 'my-host'],
  ['-', 'cloudlet'],
])('a host %s lends the cloudlet the name %s', (host, name) => expect(nameOfHost(host)).toBe(name))
