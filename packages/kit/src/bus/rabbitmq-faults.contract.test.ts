// What the contract suite cannot ask of every adapter: a broker that dies, hangs, loses queues or is short of disk.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { madeForGoodMs, startRabbitMq } from '@bramble/testkit'
import type { RabbitMqServer } from '@bramble/testkit'
import { eventually } from '../eventually.ts'
import { silentLogger } from '../log/logger.ts'
import { deadOf, desired, fact, makeGate, recorder, report } from './contract/fixture.ts'
import { makeVirtualHost, managementOf } from './rabbitmq/broker.fixture.ts'
import type { VirtualHost } from './rabbitmq/broker.fixture.ts'
import { connectRabbitMq, shareRabbitMq } from './rabbitmq/connect-rabbitmq.ts'
import type { RabbitMqBus, RabbitMqOptions } from './rabbitmq/connect-rabbitmq.ts'

const node = 'node.a'
const factKey = 'node.a.instance.ready'
/** An answer must come within this time, whatever the broker does. */
const boundMs = 4000
const recoveryMs = 60_000

const logger = silentLogger()
const connectTo = (url: string, more: Partial<RabbitMqOptions> = {}) =>
  connectRabbitMq({ url, logger, declares: true, ...more })

async function timed(act: () => Promise<unknown>): Promise<{ error?: unknown; tookMs: number }> {
  const startMs = performance.now()
  const error = await act().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, tookMs: performance.now() - startMs }
}

async function expectRefused(act: () => Promise<unknown>, withinMs: number): Promise<void> {
  const { error, tookMs } = await timed(act)
  expect(error).toMatchObject({ code: 'unavailable' })
  expect(tookMs).toBeLessThan(withinMs)
}

const everything: [string, (bus: RabbitMqBus) => Promise<unknown>][] = [
  ['publishing a fact', (bus) => bus.publishFact(factKey, fact('late'))],
  ['publishing a report', (bus) => bus.publishReport(node, report(1))],
  ['publishing a desired document', (bus) => bus.publishDesired(node, desired(1))],
  ['subscribing', (bus) => bus.subscribeReports(() => {})],
  ['counting the dead', (bus) => bus.countDead()],
  ['probing', (bus) => bus.probe()],
]

describe('the bus without a broker', () => {
  it('refuses everything at once, and closes', async () => {
    const bus = connectTo('amqp://nobody:none@127.0.0.1:1')
    for (const [, act] of everything) await expectRefused(() => act(bus), 1000)
    expect((await timed(() => bus.close())).tookMs).toBeLessThan(1000)
  })

  it('refuses everything in time where something accepts connections and says nothing, and closes', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const bus = connectTo(`amqp://nobody:none@127.0.0.1:${(silent.address() as AddressInfo).port}`)
    await Promise.all(everything.map(([, act]) => expectRefused(() => act(bus), boundMs)))
    expect((await timed(() => bus.close())).tookMs).toBeLessThan(boundMs)
    silent.close()
  })

  it('takes no address of another kind', () => {
    expect(() => connectTo('http://127.0.0.1')).toThrow('amqp')
  })
})

describe('the bus on RabbitMQ', () => {
  let server: RabbitMqServer
  let host: VirtualHost
  let bus: RabbitMqBus
  const opened: RabbitMqBus[] = []

  const open = (more: Partial<RabbitMqOptions> = {}) => {
    const one = connectTo(host.url, more)
    opened.push(one)
    return one
  }
  const deleteQueue = (name: string) => managementOf(server)('DELETE', `queues/${host.name}/${name}`)
  const cutConnections = async () => {
    const manage = managementOf(server)
    const find = async () => (await manage('GET', `vhosts/${host.name}/connections`)) as { name: string }[]
    // The broker lists a connection some time after it was made.
    const found = await eventually(async () => {
      const names = await find()
      expect(names).not.toEqual([])
      return names
    })
    for (const { name } of found) await manage('DELETE', `connections/${encodeURIComponent(name)}`)
  }

  beforeAll(async () => void (server = await startRabbitMq()))
  afterAll(() => server.stop())
  beforeEach(async () => {
    host = await makeVirtualHost(server)
    bus = open()
    await eventually(() => bus.probe())
    await host.declareReceivers([node])
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
    await host.remove()
  })

  it('loses no confirmed fact when the broker is killed under load, and goes on by itself', async () => {
    const seen = recorder()
    await bus.subscribeFacts(seen.take, { prefetch: 16 })
    const seenDesired = recorder()
    await bus.subscribeDesired(node, seenDesired.take)
    const confirmed: string[] = []
    let isOver = false
    const sender = open({ declares: false })
    const tell = async (worker: number) => {
      for (let n = 0; !isOver; n++) {
        const id = `${worker}-${n}`
        await eventually(() => (isOver ? undefined : sender.publishFact(factKey, fact(id))), recoveryMs)
        if (!isOver) confirmed.push(id)
      }
    }
    const telling = Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(tell))
    await eventually(() => expect(confirmed.length).toBeGreaterThan(200))
    await pause(madeForGoodMs)
    await server.kill('SIGKILL')
    const before = confirmed.length
    await expectRefused(() => sender.publishReport(node, report(1)), 1000)
    await server.restart()
    await eventually(() => expect(confirmed.length).toBeGreaterThan(before + 200), recoveryMs)
    isOver = true
    await telling
    const missing = () => {
      const ids = new Set(seen.ids())
      return confirmed.filter((id) => !ids.has(id))
    }
    await eventually(() => expect(missing()).toEqual([]), recoveryMs)
    await bus.publishDesired(node, desired(1))
    await eventually(() => expect(seenDesired.numbers()).toContain(1))
  })

  it('refuses everything in time while the broker hangs, and goes on when it wakes up', async () => {
    const seen = recorder()
    await bus.subscribeFacts(seen.take)
    await server.kill('SIGSTOP')
    try {
      const together = everything.map(([, act]) => expectRefused(() => act(bus), boundMs))
      await Promise.all(together)
      // By now it is known.
      await expectRefused(() => bus.publishFact(factKey, fact('late')), 500)
      const other = open()
      await expectRefused(() => other.probe(), boundMs)
      expect((await timed(() => other.close())).tookMs).toBeLessThan(boundMs)
    } finally {
      await server.kill('SIGCONT')
    }
    await eventually(() => bus.publishFact(factKey, fact('after')), recoveryMs)
    await eventually(() => expect(seen.ids()).toContain('after'), recoveryMs)
    await eventually(() => bus.probe(), recoveryMs)
  })

  it('closes in time while the broker hangs', async () => {
    await bus.subscribeReports(() => {})
    await server.kill('SIGSTOP')
    try {
      expect((await timed(() => bus.close())).tookMs).toBeLessThan(boundMs)
    } finally {
      await server.kill('SIGCONT')
    }
  })

  it('refuses a fact that no queue takes, and declares again what was deleted', async () => {
    const sender = open({ declares: false })
    await eventually(() => sender.probe())
    await deleteQueue('master.facts')
    await expect(sender.publishFact(factKey, fact('f1'))).rejects.toThrow('No queue takes')
    const lost = bus.factsLost!()
    await bus.probe()
    expect(bus.factsLost!()).toBe(lost + 1)
    await bus.probe()
    expect(bus.factsLost!()).toBe(lost + 1)
    await sender.publishFact(factKey, fact('f1'))
    const seen = recorder()
    await bus.subscribeFacts(seen.take)
    await eventually(() => expect(seen.ids()).toEqual(['f1']))
  })

  it('declares the queues under its subscriptions again when they are deleted', async () => {
    const seen = recorder()
    const subscriptions = [
      await bus.subscribeFacts(seen.take),
      await bus.subscribeReports(seen.take),
      await bus.subscribeDead(() => {}),
    ]
    const lost = bus.factsLost!()
    for (const name of ['master.facts', 'master.reports', 'master.dead']) await deleteQueue(name)
    await eventually(() => expect(bus.factsLost!()).toBeGreaterThan(lost))
    await eventually(() => bus.publishFact(factKey, fact('after')))
    await eventually(() => bus.publishReport(node, report(1)))
    await eventually(() => expect([seen.ids(), seen.numbers()].flat()).toEqual(expect.arrayContaining(['after', 1])))
    await eventually(() => bus.probe())
    expect(await bus.countDead()).toBe(0)
    for (const subscription of subscriptions) await subscription.stop()
  })

  it('declares the queue of a receiver again when it has something for it, and the receiver finds it', async () => {
    const receiver = open({ declares: false })
    const seen = recorder()
    await eventually(() => receiver.subscribeDesired(node, seen.take))
    await deleteQueue(`desired.${node}`)
    await eventually(() => expect(receiver.probe()).rejects.toThrow(`desired.${node}`))
    await bus.publishDesired(node, desired(1))
    await eventually(() => expect(seen.numbers()).toEqual([1]))
    await receiver.probe()
  })

  it('refuses to subscribe to what is not there, without harm to anything else', async () => {
    const receiver = open({ declares: false })
    await eventually(() => receiver.probe())
    await expectRefused(() => receiver.subscribeDesired('node.unknown', () => {}), boundMs)
    await receiver.publishFact(factKey, fact('f1'))
    await receiver.probe()
  })

  it('handles one document at a time even when it comes again before the first is done', async () => {
    const gate = makeGate()
    const seen = recorder()
    let running = 0
    let most = 0
    await bus.subscribeDesired(node, async (delivery) => {
      most = Math.max(most, ++running)
      seen.take(delivery)
      await gate.opened
      running -= 1
    })
    await bus.publishDesired(node, desired(1))
    await eventually(() => expect(seen.numbers()).toEqual([1]))
    await cutConnections()
    await eventually(() => bus.probe())
    expect(seen.numbers()).toEqual([1])
    gate.open()
    await eventually(() => expect(seen.all.map(({ redelivered }) => redelivered)).toEqual([false, true]))
    expect(most).toBe(1)
  })

  it('refuses what is too large for the broker, and nothing beside it', async () => {
    const beside = Array.from({ length: 20 }, (_, n) => bus.publishFact(factKey, fact(`f${n}`)))
    const large = { ...fact('large'), text: 'x'.repeat(17 * 1024 * 1024) }
    await expect(bus.publishFact(factKey, large)).rejects.toThrow('bytes')
    await Promise.all(beside)
  })

  it('puts away a dead fact of any bytes and any size', async () => {
    await bus.subscribeFacts(() => {})
    await host.publish('facts', factKey, Buffer.alloc(8 * 1024 * 1024, 0xff))
    await eventually(async () => expect(await bus.countDead()).toBe(1))
    expect(bus.counts()).toMatchObject({ dead: 1 })
  })

  it('tells what the broker itself gave up as the dead fact that it is', async () => {
    await host.publish('dead', factKey, Buffer.from(JSON.stringify(fact('f1'))))
    const dead = await deadOf(bus)
    await eventually(() => expect(dead).toMatchObject([{ key: factKey, text: JSON.stringify(fact('f1')) }]))
  })

  it('carries many buses over one connection, each with subscriptions of its own', async () => {
    const shared = shareRabbitMq({ url: host.url, logger })
    const keys = Array.from({ length: 50 }, (_, n) => `node.n${n}` as const)
    await host.declareReceivers(keys)
    const seen = recorder()
    const fleet = keys.map((key) => ({ key, one: shared.bus() }))
    await Promise.all(fleet.map(({ key, one }) => one.subscribeDesired(key, seen.take)))
    await Promise.all(keys.map((key, n) => bus.publishDesired(key, desired(n))))
    await eventually(() => expect(seen.numbers().sort((a, b) => a - b)).toEqual(keys.map((_, n) => n)))
    const connections = () => managementOf(server)('GET', `vhosts/${host.name}/connections`) as Promise<object[]>
    await eventually(async () => expect(await connections()).toHaveLength(2))
    await fleet[0]?.one.close()
    await expect(fleet[0]?.one.publishReport('node.n0', report(1))).rejects.toThrow('closed')
    await fleet[1]?.one.publishReport('node.n1', report(1))
    for (const { one } of fleet) await one.close()
    await shared.close()
  })

  it('counts what passes', async () => {
    await bus.subscribeFacts(() => {})
    await bus.publishFact(factKey, fact('f1'))
    await expect(bus.publishDesired('node.nobody', desired(1))).resolves.toBeUndefined()
    await eventually(() => expect(bus.counts()).toMatchObject({ delivered: 1, redelivered: 0, failed: 0 }))
    // The probe at the start was returned, and so was the document until its queue was there.
    expect(bus.counts()).toMatchObject({ published: 4, confirmed: 2, returned: 2 })
  })
})

describe('the bus on a RabbitMQ that is short of disk', () => {
  it('refuses what it would have to keep, in time', async () => {
    const server = await startRabbitMq({ conf: 'disk_free_limit.absolute = 1000TB' })
    const bus = connectTo(server.url)
    try {
      await eventually(() => expect(bus.publishFact(factKey, fact('f1'))).rejects.toThrow('takes no messages'))
      await expectRefused(() => bus.publishFact(factKey, fact('f1')), 500)
    } finally {
      await bus.close()
      await server.stop()
    }
  })
})
