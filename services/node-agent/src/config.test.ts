import { loadConfig } from '@bramble/kit'
import { AgentConfig } from './config.ts'

const least = { node: 'pi-07', stateDir: '/var/lib/bramble', 'master.url': 'http://10.0.0.1:8080', 'master.token': 't' }

describe('settings of an agent', () => {
  it('have defaults for all but what only the admin knows', () => {
    expect(loadConfig(AgentConfig, { flags: least })).toMatchObject({
      driver: 'libvirt',
      ports: { address: '127.0.0.1', from: 20_000, to: 29_999 },
      limits: { starts: 4, captures: 1 },
    })
  })

  it.each([
    ['ports.from', '30000'],
    ['limits.starts', '0'],
    ['listener.key', 'short'],
    ['driver', 'vmware'],
    ['surprise', '1'],
  ])('refuse %s = %s', (name, value) => {
    expect(() => loadConfig(AgentConfig, { flags: { ...least, [name]: value } })).toThrow(name.split('.')[0])
  })
})
