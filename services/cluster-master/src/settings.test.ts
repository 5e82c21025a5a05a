import { join } from 'node:path'
import { loadConfig } from '@bramble/kit'
import { brokerOf } from './bus-settings.ts'
import { MasterSettings, placesOf } from './settings.ts'

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
      ['amqp://rabbitmq:5672'],
      { managementUrls: ['http://rabbitmq:15672'], user: 'bramble', password: 'p@ss', vhost: '/' },
    ],
    [
      { url: 'amqps://a:b@broker/lab', publicUrl: 'amqps://cloudlet.example.org:5671/lab' },
      ['amqps://cloudlet.example.org:5671/lab'],
      { managementUrls: ['https://broker:15671'], user: 'a', password: 'b', vhost: 'lab' },
    ],
    [
      { url: 'amqp://a:b@broker', allowPlain: true, management: { url: 'http://m:1', user: 'c', password: 'd' } },
      ['amqp://broker'],
      { managementUrls: ['http://m:1'], user: 'c', password: 'd', vhost: '/' },
    ],
    [
      { url: 'amqps://a:b@mq1/lab, amqps://a:b@mq2:1/lab' },
      ['amqps://mq1/lab', 'amqps://mq2:1/lab'],
      { managementUrls: ['https://mq1:15671', 'https://mq2:15671'], user: 'a', password: 'b', vhost: 'lab' },
    ],
    [
      { url: 'amqp://a:b@mq1', publicUrl: '//mq1,//mq2', management: { url: 'http://mq1:1,http://mq2:1' } },
      ['amqps://mq1', 'amqps://mq2'],
      { managementUrls: ['http://mq1:1', 'http://mq2:1'], user: 'a', password: 'b', vhost: '/' },
    ],
  ])('derive from the URL of the broker what they do not say: %#', (bus, publicUrls, management) => {
    expect(brokerOf(MasterSettings.parse({ bus }).bus)).toMatchObject({ url: bus.url, publicUrls, management })
  })

  it.each([
    ['//127.0.0.1:5672', 'amqp://127.0.0.1:5672'],
    ['//10.0.0.1:5672', 'amqps://10.0.0.1:5672'],
  ])('take %s for %s', (publicUrl, whole) => {
    expect(brokerOf(MasterSettings.parse({ bus: { publicUrl } }).bus).publicUrls).toEqual([whole])
  })

  it.each([
    [{ store: { uri: 'http://x' } }, 'mongodb://'],
    [{ bus: { url: 'amqp://rabbitmq:5672' } }, 'user'],
    [{ bus: { url: 'rabbitmq' } }, 'amqp://'],
    [{ bus: { url: 'amqp://a:b@mq1,mq2' } }, 'each where several are joined by commas'],
    [{ bus: { url: 'amqps://a:b@mq1,amqps://a:c@mq2' } }, 'same scheme, user, password and virtual host'],
    [{ bus: { url: 'amqps://a:b@mq1,amqp://a:b@mq2' } }, 'same scheme, user, password and virtual host'],
    [{ bus: { url: 'amqps://a:b@mq1/x,amqps://a:b@mq2' } }, 'same scheme, user, password and virtual host'],
    [{ bus: { publicUrl: '//127.0.0.1,//mq2' } }, 'same scheme and virtual host'],
    [{ bus: { publicUrl: 'amqps://mq1,amqps://a:b@mq2' } }, 'without user'],
    [{ bus: { management: { url: 'http://mq1:15672,mq2' } } }, 'must begin with http'],
    [{ bus: { publicUrl: 'amqp://a:b@127.0.0.1' } }, 'without user'],
    [{ bus: { url: 'amqp://a:b@broker' } }, 'bus.allowPlain: true'],
    [{ bus: { publicUrl: 'amqp://cloudlet.example.org' } }, 'bus.allowPlain: true'],
  ])('refuse %j', (settings, why) => {
    expect(MasterSettings.safeParse(settings).error?.message).toContain(why)
  })
})
