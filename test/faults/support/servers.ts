import { startMongo, startRabbitMq } from '@bramble/testkit'
import type { MongoServer, RabbitMqServer, ServerPlace } from '@bramble/testkit'

export interface Servers extends AsyncDisposable {
  mongo: MongoServer
  broker: RabbitMqServer
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
