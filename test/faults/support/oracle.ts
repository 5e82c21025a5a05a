// What a cloudlet has come to, read past its master: documents and events from the database, what nodes report and what
// waits in queues from the broker.
import { connect } from 'amqplib'
import { MongoClient } from 'mongodb'
import { splitUrls, topology } from '@bramble/contracts'
import type { Event, Instance, Operation, ReportNode } from '@bramble/contracts'

type Told = Omit<Event, 'sequence'>

export interface Oracle extends AsyncDisposable {
  /** Documents of a collection that are not removed. */
  documents<T>(collection: string): Promise<T[]>
  operations(): Promise<Operation[]>
  instances(): Promise<Instance[]>
  events(): Promise<Told[]>
  /** Messages that nobody took yet. */
  backlog(): Promise<number>
  /** The next report of each of so many nodes. */
  reports(nodes: number): Promise<ReportNode[]>
}

export function openOracle({ uri, brokerUrl }: { uri: string; brokerUrl: string }): Oracle {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 20_000 })
  const database = client.db()
  const documents = async <T>(collection: string) => {
    const rows = database.collection<{ document: T; removed: boolean }>(collection).find({ removed: false })
    return (await rows.toArray()).map(({ document }) => document as T)
  }
  return {
    documents,
    operations: () => documents<Operation>('operations'),
    instances: () => documents<Instance>('instances'),
    events: () => database.collection<Told>('events').find().toArray(),
    backlog: () =>
      withChannel(brokerUrl, async (channel) => {
        const { reports: _, desired: __, ...lasting } = topology.queues
        const queues = await Promise.all(Object.values(lasting).map(({ name }) => channel.checkQueue(name)))
        return queues.reduce((sum, { messageCount }) => sum + messageCount, 0)
      }),
    reports: (nodes) => withChannel(brokerUrl, (channel) => collectReports(channel, nodes)),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>

async function withChannel<T>(brokerUrl: string, act: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connectAny(splitUrls(brokerUrl))
  connection.on('error', () => {})
  try {
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    return await act(channel)
  } finally {
    await connection.close().catch(() => {})
  }
}

async function connectAny([url, ...others]: string[]): ReturnType<typeof connect> {
  return connect(url!).catch((error: unknown) => {
    if (others.length === 0) throw error
    return connectAny(others)
  })
}

/** Through a queue of its own beside the master's. */
async function collectReports(channel: Channel, nodes: number): Promise<ReportNode[]> {
  const reports = new Map<string, ReportNode>()
  const { queue } = await channel.assertQueue('', { exclusive: true })
  await channel.bindQueue(queue, topology.exchanges.reports.name, '#')
  const { promise, resolve, reject } = Promise.withResolvers<ReportNode[]>()
  const timer = setTimeout(() => reject(new Error(`${reports.size} of ${nodes} nodes reported`)), 25_000)
  const note = (message: { content: Buffer } | null) => {
    if (!message) return
    const report = JSON.parse(message.content.toString('utf8')) as ReportNode
    reports.set(report.node, report)
    if (reports.size === nodes) resolve([...reports.values()])
  }
  await channel.consume(queue, note, { noAck: true })
  return promise.finally(() => clearTimeout(timer))
}
