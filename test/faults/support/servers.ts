import { startMongo, startRabbitMq, startRabbitMqCluster } from '@bramble/testkit'
import type { MongoServer, RabbitMqServer, ServerPlace } from '@bramble/testkit'

export interface Servers extends AsyncDisposable {
  mongo: MongoServer
  broker: RabbitMqServer
  /** Of a cluster all of them, that one first. */
  brokers?: readonly RabbitMqServer[]
}

/** The real broker and the real database: for all cloudlets of a test file, one after another. */
export async function startServers(place: ServerPlace = {}): Promise<Servers> {
  const started = await Promise.allSettled([startMongo(place), startRabbitMq(place)])
  const stop = async () => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
  }
  const [mongo, broker] = started
  if (mongo.status === 'fulfilled' && broker.status === 'fulfilled')
    return { mongo: mongo.value, broker: broker.value, [Symbol.asyncDispose]: stop }
  await stop()
  throw new AggregateError(started.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])))
}

/** Three brokers in place of one. */
export async function startClusteredServers() {
  await using starting = new AsyncDisposableStack()
  const mongo = starting.adopt(await startMongo(), (it) => it.stop())
  const { brokers } = starting.adopt(await startRabbitMqCluster(), (it) => it.stop())
  const ends = starting.move()
  return { mongo, broker: brokers[0]!, brokers, [Symbol.asyncDispose]: () => ends.disposeAsync() } satisfies Servers
}
