import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { receiverKey } from '@bramble/contracts'
import type { FleetName, NodeId, SiteId } from '@bramble/contracts'
import { connectRabbitMq, eventually, shareRabbitMq, silentLogger } from '@bramble/kit'
import type { RabbitMqBus } from '@bramble/kit'
import { startRabbitMq } from '@bramble/testkit'
import type { RabbitMqServer } from '@bramble/testkit'
import { connect } from 'amqplib'
import type { ConfirmChannel } from 'amqplib'
import type { BrokerCredentials } from '../app/node-access.ts'
import { createBrokerAdmin } from './broker-admin.ts'
import { createManagementApi } from './management-api.ts'

const logger = silentLogger()
const report = { type: 'report.node.v1' }
const fact = { type: 'fact.instance.v1' }
const desired = { type: 'desired.node.v1' }

let server: RabbitMqServer
let master: RabbitMqBus
beforeAll(async () => {
  server = await startRabbitMq()
  master = connectRabbitMq({ url: server.url, logger, declares: true })
  await eventually(() => master.probe())
})
afterAll(async () => {
  await master.close()
  await server.stop()
})

const accessOf = ({ managementUrl, user, password }: RabbitMqServer) => ({
  managementUrls: [managementUrl],
  user,
  password,
})
const adminOf = () => createBrokerAdmin(accessOf(server))
const newNode = () => `n-${randomUUID().slice(0, 8)}` as NodeId
const keyOf = (node: NodeId) => receiverKey('node', node)

const urlOf = ({ user, password }: BrokerCredentials) =>
  Object.assign(new URL(server.url), { username: user, password }).href

const connectAs = (login: BrokerCredentials, more: object = {}): RabbitMqBus =>
  connectRabbitMq({ url: urlOf(login), logger, ...more })

async function publishRaw(channel: ConfirmChannel, exchange: string, key: string): Promise<void> {
  channel.publish(exchange, key, Buffer.from('{}'))
  await channel.waitForConfirms()
}

async function withNode(act: (node: NodeId, bus: RabbitMqBus) => Promise<void>): Promise<void> {
  const node = newNode()
  const bus = connectAs(await adminOf().grant(node))
  try {
    await eventually(() => bus.probe())
    await act(node, bus)
  } finally {
    await bus.close()
    await adminOf().revoke(node)
  }
}

describe('createBrokerAdmin', () => {
  it('lets a node report, tell facts and receive what it is to do', () =>
    withNode(async (node, bus) => {
      const reports: string[] = []
      const facts: string[] = []
      const received: string[] = []
      const subscriptions = [
        await master.subscribeReports(({ key }) => void reports.push(key)),
        await master.subscribeFacts(({ key }) => void facts.push(key)),
        await bus.subscribeDesired(keyOf(node), ({ key }) => void received.push(key)),
      ]
      await bus.publishReport(keyOf(node), report)
      await bus.publishFact(`${keyOf(node)}.instance.ready`, fact)
      await master.publishDesired(keyOf(node), desired)
      await eventually(() => expect([...reports, ...received]).toEqual([keyOf(node), keyOf(node)]))
      await eventually(() => expect(facts).toEqual([`${keyOf(node)}.instance.ready`]))
      for (const subscription of subscriptions) await subscription.stop()
    }))

  const longer = (node: NodeId) => `${node}2` as NodeId
  it.each([
    ['a report of another node', (bus: RabbitMqBus) => bus.publishReport('node.other', report)],
    ['a fact of another node', (bus: RabbitMqBus) => bus.publishFact('node.other.instance.ready', fact)],
    [
      'a report of a node whose name begins alike',
      (bus: RabbitMqBus, node: NodeId) => bus.publishReport(keyOf(longer(node)), report),
    ],
    [
      'a fact of a node whose name begins alike',
      (bus: RabbitMqBus, node: NodeId) => bus.publishFact(`${keyOf(longer(node))}.instance.ready`, fact),
    ],
    ['what itself is to do', (bus: RabbitMqBus, node: NodeId) => bus.publishDesired(keyOf(node), desired)],
  ])('refuses it %s, and takes what is its own again', (_what, forge) =>
    withNode(async (node, bus) => {
      await expect(forge(bus, node)).rejects.toMatchObject({ code: 'forbidden' })
      await eventually(() => bus.publishFact(`${keyOf(node)}.instance.ready`, fact))
      await eventually(() => bus.publishReport(keyOf(node), report))
    }),
  )

  it('refuses it what others are to do, and the queues of the master', () =>
    withNode(async (_node, bus) => {
      await expect(bus.subscribeDesired(keyOf(newNode()), () => {})).rejects.toThrow('ACCESS_REFUSED')
      await expect(bus.subscribeReports(() => {})).rejects.toThrow('ACCESS_REFUSED')
      await expect(bus.subscribeFacts(() => {})).rejects.toThrow('ACCESS_REFUSED')
      await expect(bus.subscribeDead(() => {})).rejects.toThrow('ACCESS_REFUSED')
    }))

  it.each<[string, (channel: ConfirmChannel, node: NodeId) => Promise<unknown>]>([
    ['write past the exchanges', (channel) => publishRaw(channel, '', 'master.facts')],
    ['write to the dead', (channel, node) => publishRaw(channel, 'dead', keyOf(node))],
    ['declare an exchange', (channel) => channel.assertExchange('own', 'topic')],
    ['declare a queue', (channel) => channel.assertQueue('own')],
    ['delete its queue', (channel, node) => channel.deleteQueue(`desired.${keyOf(node)}`)],
    ['bind its queue to more', (channel, node) => channel.bindQueue(`desired.${keyOf(node)}`, 'desired', '#')],
  ])('does not let it %s', async (_what, act) => {
    const node = newNode()
    const connection = await connect(urlOf(await adminOf().grant(node)))
    const channel = await connection.createConfirmChannel()
    const refusal = once(channel, 'error')
    await expect(act(channel, node)).rejects.toThrow()
    expect(String((await refusal)[0])).toContain('ACCESS_REFUSED')
    await connection.close()
    await adminOf().revoke(node)
  })

  describe('for a fleet', () => {
    const newFleet = () => `f-${randomUUID().slice(0, 8)}` as FleetName
    const nodeOf = (fleet: FleetName, number: number) => `${fleet}-${number}` as NodeId

    async function withFleet(act: (fleet: FleetName, bus: RabbitMqBus) => Promise<void>): Promise<void> {
      const fleet = newFleet()
      const admin = adminOf()
      const [login] = [
        await admin.grantInFleet(nodeOf(fleet, 1), fleet),
        await admin.grantInFleet(nodeOf(fleet, 2), fleet),
      ]
      const shared = shareRabbitMq({ url: urlOf(login), logger })
      const bus = shared.bus()
      try {
        await eventually(() => bus.probe())
        await act(fleet, bus)
      } finally {
        await bus.close()
        await shared.close()
        await admin.revokeFleet(fleet)
        for (const number of [1, 2]) await admin.revoke(nodeOf(fleet, number))
      }
    }

    it('lets one user speak and listen for all of its nodes', () =>
      withFleet(async (fleet, bus) => {
        const keys = [keyOf(nodeOf(fleet, 1)), keyOf(nodeOf(fleet, 2))]
        const heard: string[] = []
        const told = await master.subscribeReports(({ key }) => void heard.push(key))
        for (const key of keys) {
          await bus.subscribeDesired(key, () => void heard.push(`to ${key}`))
          await bus.publishReport(key, report)
          await bus.publishFact(`${key}.instance.ready`, fact)
          await master.publishDesired(key, desired)
        }
        const all = keys.flatMap((key) => [key, `to ${key}`])
        await eventually(() => expect(heard).toEqual(expect.arrayContaining(all)))
        await told.stop()
      }))

    it.each([
      ['a node that is not of it', (fleet: FleetName) => `other${fleet}-1`],
      ['a node with letters behind', (fleet: FleetName) => `${fleet}-1a`],
      ['one of a fleet whose name begins alike', (fleet: FleetName) => `${fleet}-a-1`],
      ['its bare name', (fleet: FleetName) => fleet],
    ])('and not for %s', (_what, nameOf) =>
      withFleet(async (fleet, bus) => {
        const key = keyOf(nameOf(fleet) as NodeId)
        await expect(bus.publishReport(key, report)).rejects.toMatchObject({ code: 'forbidden' })
        await eventually(() => bus.probe())
        await expect(bus.publishFact(`${key}.instance.ready`, fact)).rejects.toMatchObject({ code: 'forbidden' })
        await expect(bus.subscribeDesired(key, () => {})).rejects.toThrow('ACCESS_REFUSED')
      }),
    )

    it('gives the same password, also where the broker has lost the user', async () => {
      const [fleet, admin] = [newFleet(), adminOf()]
      const first = await admin.grantInFleet(nodeOf(fleet, 1), fleet)
      await createManagementApi(accessOf(server)).ask('DELETE', ['users', first.user])
      expect(await admin.grantInFleet(nodeOf(fleet, 1), fleet)).toEqual(first)
      const bus = connectAs(first)
      await eventually(() => bus.publishReport(keyOf(nodeOf(fleet, 1)), report))
      await bus.close()
      await admin.revokeFleet(fleet)
      await admin.revoke(nodeOf(fleet, 1))
    })
  })

  it('gives another password each time, and the one before counts no more', async () => {
    const node = newNode()
    const [before, after] = [await adminOf().grant(node), await adminOf().grant(node)]
    expect(after.password).not.toBe(before.password)
    const bus = connectAs(before)
    await expect(bus.probe()).rejects.toThrow('refuses this user')
    await bus.close()
    await adminOf().revoke(node)
  })

  it('is asked for another password when the broker refuses the old', async () => {
    const node = newNode()
    const old = await adminOf().grant(node)
    let latest = await adminOf().grant(node)
    const bus = connectAs(old, { renewLogin: async () => latest })
    await eventually(() => bus.publishReport(keyOf(node), report))
    // A node that is let in again after its user was taken.
    await adminOf().revoke(node)
    latest = await adminOf().grant(node)
    await eventually(async () => {
      await bus.publishReport(keyOf(node), report)
      await bus.probe()
    })
    await bus.close()
    await adminOf().revoke(node)
  })

  it('takes user, queue and connections of a node, of one that has none too', async () => {
    const node = newNode()
    const bus = connectAs(await adminOf().grant(node))
    await eventually(() => bus.probe())
    await adminOf().revoke(node)
    await adminOf().revoke(node)
    await eventually(() => expect(bus.probe()).rejects.toThrow('refuses this user'))
    const api = createManagementApi(accessOf(server))
    expect(await api.ask('GET', ['queues', '/', `desired.${keyOf(node)}`])).toBeUndefined()
    expect(await api.ask('GET', ['users', keyOf(node)])).toBeUndefined()
    await bus.close()
  })

  it('can do its work on this broker, which has no guest', async () => {
    await adminOf().check()
    const guest = connectAs({ user: 'guest', password: 'guest' })
    await expect(guest.probe()).rejects.toThrow('refuses this user')
    await guest.close()
  })

  it('says what is wrong when it cannot', async () => {
    const api = createManagementApi(accessOf(server))
    await api.ask('PUT', ['users', 'guest'], { password: 'guest', tags: '' })
    await expect(adminOf().check()).rejects.toThrow('still has its user guest')
    await api.ask('DELETE', ['users', 'guest'])
    await expect(createBrokerAdmin({ ...accessOf(server), password: 'wrong' }).check()).rejects.toMatchObject({
      code: 'unavailable',
    })
    const nobody = createBrokerAdmin({ ...accessOf(server), managementUrls: ['http://127.0.0.1:1'] })
    await expect(nobody.grant(newNode())).rejects.toMatchObject({ code: 'unavailable' })
    await expect(createBrokerAdmin({ ...accessOf(server), vhost: 'none' }).grant(newNode())).rejects.toMatchObject({
      code: 'unavailable',
    })
  })
})

describe('a discovery service', () => {
  const site = () => `s-${randomUUID().slice(0, 8)}` as SiteId
  const connectSite = async (own: SiteId) => {
    const bus = connectAs(await adminOf().grantSite(own))
    await eventually(() => bus.probe())
    return bus
  }

  it('may report and receive what it is to tell', async () => {
    const own = site()
    const key = receiverKey('discovery', own)
    const bus = await connectSite(own)
    const heard: string[] = []
    const reports = await master.subscribeReports((it) => {
      if (it.key === key) heard.push(it.body.type)
    })
    const inbox = await bus.subscribeDesired(key, ({ body }) => void heard.push(body.type))
    await bus.publishReport(key, { type: 'report.discovery.v1' })
    await master.publishDesired(key, { type: 'desired.discovery.v1' })
    await eventually(() => expect(heard.toSorted()).toEqual(['desired.discovery.v1', 'report.discovery.v1']))
    await Promise.all([reports.stop(), inbox.stop()])
    await bus.close()
  })

  it.each<[string, (bus: RabbitMqBus, own: SiteId) => Promise<unknown>]>([
    ['a report of another site', (bus) => bus.publishReport('discovery.other', report)],
    ['a report of a node', (bus, own) => bus.publishReport(`node.${own}`, report)],
    ['a fact', (bus, own) => bus.publishFact(`discovery.${own}.instance.ready`, fact)],
    ['what a node is to do', (bus) => bus.publishDesired('node.other', desired)],
  ])('is refused %s', async (_what, forge) => {
    const own = site()
    const bus = await connectSite(own)
    await expect(forge(bus, own)).rejects.toMatchObject({ code: 'forbidden' })
    await bus.close()
  })
})
