import { join } from 'node:path'
import { loadConfig } from '@bramble/kit'
import { membersOf, nameOfHost, NodeAgentSettings } from './settings.ts'

const example = join(import.meta.dirname, '../../../config/node-agent.example.yaml')
const url = 'http://127.0.0.1:8080'
const load = (flags: Record<string, string>) =>
  loadConfig(NodeAgentSettings, { flags: { 'master.url': url, ...flags } })

describe('settings of the node agent', () => {
  it('are explained by an example that shows every default', () => {
    expect(loadConfig(NodeAgentSettings, { file: example })).toEqual(
      NodeAgentSettings.parse({ master: { url: [url] } }),
    )
  })

  it.each([
    ['master.url', 'ftp://master'],
    ['join.token', 'join_me'],
    ['node', 'Pi 7'],
    ['driver', 'vmware'],
    ['driver', 'none'],
    ['ports.from', '30000'],
    ['simulated.nodes', '-1'],
    ['simulated.prefix', 'Sim '],
    ['surprise', '1'],
  ])('refuse %s = %s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(name.split('.')[0])
  })
})

it('the master is named, or an interface on which it is sought', () => {
  expect(loadConfig(NodeAgentSettings, { flags: { 'discovery.interface': 'eth0' } }).master.url).toBeUndefined()
  expect(() => loadConfig(NodeAgentSettings, {})).toThrow('master.url')
})

describe('the nodes of a process', () => {
  it('are the host itself, with a listener', () => {
    const settings = load({ node: 'pi-07', stateDir: '/s' })
    expect(membersOf(settings)).toEqual([{ node: 'pi-07', driver: 'libvirt', stateDir: '/s', listens: true }])
  })

  it('are a fleet, each with a folder of its own and none with a listener', () => {
    const fleet = membersOf(load({ driver: 'none', 'simulated.nodes': '12', stateDir: '/s' }))
    expect(fleet).toHaveLength(12)
    expect(fleet[11]).toEqual({
      ...{ node: 'sim-012', driver: 'simulated', stateDir: '/s/simulated/sim-012', listens: false },
    })
  })

  it('have names of one length, so that they sort', () => {
    const names = membersOf(load({ driver: 'none', 'simulated.nodes': '1000' })).map(({ node }) => node)
    expect([names[0], names.at(-1)]).toEqual(['sim-0001', 'sim-1000'])
  })

  it.each([
    ['pi-07', 'pi-07'],
    ['Pi-07.lab.example.org', 'pi-07'],
    ['my_host', 'my-host'],
  ])('a host %s becomes the node %s', (host, node) => expect(nameOfHost(host)).toBe(node))

  it('need a name where the host has none that fits', () => {
    expect(() => nameOfHost('-')).toThrow('--node')
  })
})
