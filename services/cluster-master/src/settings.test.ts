import { join } from 'node:path'
import { loadConfig } from '@bramble/kit'
import { brokerOf, MasterSettings, placesOf } from './settings.ts'

const example = join(import.meta.dirname, '../../../config/cluster-master.example.yaml')

describe('the settings of the master', () => {
  it('are explained by an example that shows every default', () => {
    expect(loadConfig(MasterSettings, { file: example })).toEqual(MasterSettings.parse({}))
  })

  it('place everything below dataDir, unless they say otherwise', () => {
    expect(placesOf(MasterSettings.parse({ dataDir: '/d' }))).toEqual({
      sqlite: '/d/bramble.sqlite',
      blobs: '/d/blobs',
      siteAccess: '/d/discovery',
      identity: '/d/identity',
      firstAdminToken: '/d/first-admin-token',
    })
    const placed = { dataDir: '/d', identity: { dir: '/ca' }, firstAdminTokenFile: '/run/t', store: { path: '/s' } }
    expect(placesOf(MasterSettings.parse(placed))).toMatchObject({
      sqlite: '/s',
      identity: '/ca',
      firstAdminToken: '/run/t',
    })
  })

  it.each([
    [
      { url: 'amqp://bramble:p%40ss@rabbitmq:5672', allowPlain: true },
      'amqp://rabbitmq:5672',
      { managementUrl: 'http://rabbitmq:15672', user: 'bramble', password: 'p@ss', vhost: '/' },
    ],
    [
      { url: 'amqps://a:b@broker/lab', publicUrl: 'amqps://cloudlet.example.org:5671/lab' },
      'amqps://cloudlet.example.org:5671/lab',
      { managementUrl: 'https://broker:15671', user: 'a', password: 'b', vhost: 'lab' },
    ],
    [
      { url: 'amqp://a:b@broker', allowPlain: true, management: { url: 'http://m:1', user: 'c', password: 'd' } },
      'amqp://broker',
      { managementUrl: 'http://m:1', user: 'c', password: 'd', vhost: '/' },
    ],
  ])('derive from the URL of the broker what they do not say: %#', (bus, publicUrl, management) => {
    expect(brokerOf(MasterSettings.parse({ bus }).bus)).toEqual({ url: bus.url, publicUrl, management })
  })

  it.each([
    ['//127.0.0.1:5672', 'amqp://127.0.0.1:5672'],
    ['//10.0.0.1:5672', 'amqps://10.0.0.1:5672'],
  ])('take %s for %s', (publicUrl, whole) => {
    expect(brokerOf(MasterSettings.parse({ bus: { publicUrl } }).bus).publicUrl).toBe(whole)
  })

  it.each([
    [{ store: { uri: 'http://x' } }, 'mongodb://'],
    [{ bus: { url: 'amqp://rabbitmq:5672' } }, 'user'],
    [{ bus: { url: 'rabbitmq' } }, 'amqp://'],
    [{ bus: { publicUrl: 'amqp://a:b@127.0.0.1' } }, 'without user'],
    [{ bus: { url: 'amqp://a:b@broker' } }, 'bus.allowPlain: true'],
    [{ bus: { publicUrl: 'amqp://cloudlet.example.org' } }, 'bus.allowPlain: true'],
  ])('refuse %j', (settings, why) => {
    expect(MasterSettings.safeParse(settings).error?.message).toContain(why)
  })
})
