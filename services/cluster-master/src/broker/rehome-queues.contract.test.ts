// On three brokers, one of which is killed.
import { receiverKey, topology } from '@bramble/contracts'
import { silentLogger } from '@bramble/kit'
import { pollUntil, startRabbitMqCluster } from '@bramble/testkit'
import type { RabbitMqCluster } from '@bramble/testkit'
import { connect } from 'amqplib'
import { makeQueue } from './make-queue.ts'
import { createManagementApi } from './management-api.ts'
import { rehomeQueues } from './rehome-queues.ts'

let cluster: RabbitMqCluster
beforeAll(async () => (cluster = await startRabbitMqCluster()), 100_000)
afterAll(() => cluster?.stop())

const vhost = '/'
const node = receiverKey('node', 'n-1')
const ofNode = topology.queues.desired(node)
const { reports, facts } = topology.queues

const accessOf = (urls: string[]) => {
  const { user, password } = cluster.brokers[0]!
  return { managementUrls: urls, user, password, vhost }
}
const ofAll = () => accessOf(cluster.managementUrl.split(','))
let isHeld = true
const keeping = () => rehomeQueues(ofAll(), { logger: silentLogger(), lease: { isHeld: () => isHeld } })
const rehome = () => keeping().run(new AbortController().signal)

interface Listed {
  name: string
  node: string
  state: string
}
async function listed(): Promise<Record<string, Listed>> {
  const queues = (await createManagementApi(ofAll()).list(['queues', vhost], ['name', 'node', 'state'])) as Listed[]
  return Object.fromEntries(queues.map((queue) => [queue.name, queue]))
}

/** Through the broker, to whoever has its queue. */
async function receives(url: string): Promise<string | undefined> {
  const connection = await connect(url)
  try {
    const channel = await connection.createConfirmChannel()
    channel.publish(ofNode.exchange, node, Buffer.from('news'), { mandatory: true })
    await channel.waitForConfirms()
    const message = await channel.get(ofNode.name, { noAck: true })
    return message ? message.content.toString() : undefined
  } finally {
    await connection.close()
  }
}

it('makes queues of the bus again whose broker is away, and leaves all else', async () => {
  const [first] = cluster.brokers
  const onFirst = createManagementApi(accessOf([first!.managementUrl]))
  await makeQueue(onFirst, vhost, node)
  const others = {
    [reports.name]: reports.arguments,
    [facts.name]: facts.arguments,
    other: { 'x-queue-type': 'classic' },
  }
  for (const [name, settings] of Object.entries(others))
    await onFirst.ask('PUT', ['queues', vhost, name], { durable: true, arguments: settings })
  const before = await listed()
  await rehome()
  expect(await listed()).toEqual(before)

  await first!.kill('SIGKILL')
  isHeld = false
  await rehome()
  expect((await listed())[ofNode.name]).toMatchObject({ node: before[ofNode.name]!.node })
  isHeld = true
  // The brokers that live do not hear of all queues at once.
  const away = await pollUntil(async () => {
    await rehome()
    const queues = await listed()
    return !(reports.name in queues) && queues[ofNode.name]!.node !== before[ofNode.name]!.node && queues
  }, 'the queues of the bus to be made again')
  expect(Object.keys(away).sort()).toEqual([ofNode.name, facts.name, 'other'].sort())
  expect(away['other']).toMatchObject({ state: 'down' })
  expect(away[ofNode.name]!.node).not.toBe(before[ofNode.name]!.node)
  expect(await receives(cluster.brokers[1]!.url)).toBe('news')

  await first!.restart()
  await rehome()
  expect((await listed())[ofNode.name]).toEqual(away[ofNode.name])
  expect(await receives(first!.url)).toBe('news')
}, 100_000)
