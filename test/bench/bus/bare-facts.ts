// The peer: facts through amqplib alone, as little code as does the same job. A confirm channel, a consumer that
// acknowledges each, a quorum queue with the very arguments of ours.
import { topology } from '@bramble/contracts'
import { connect } from 'amqplib'
import type { FactRoute } from './fact-route.ts'

const exchange = 'bare.facts'
const queue = 'bare.facts'

export async function openBareRoute(url: string, prefetch: number): Promise<FactRoute> {
  const [sender, receiver] = [await connect(url), await connect(url)]
  const publishing = await sender.createConfirmChannel()
  const consuming = await receiver.createChannel()
  await consuming.assertExchange(exchange, 'topic', { durable: true })
  await consuming.assertQueue(queue, { durable: true, arguments: topology.queues.facts.arguments })
  await consuming.bindQueue(queue, exchange, '#')
  await consuming.prefetch(prefetch)

  let onFact = () => {}
  await consuming.consume(queue, (message) => {
    onFact()
    consuming.ack(message!)
  })
  const publish = (key: string, bytes: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const options = { persistent: true, mandatory: true }
      publishing.publish(exchange, key, bytes, options, (error: Error | null) => (error ? reject(error) : resolve()))
    })
  return {
    publish: ({ key, bytes }) => publish(key, bytes),
    listen: (listener) => void (onFact = listener),
    close: async () => {
      await Promise.all([sender.close(), receiver.close()])
    },
  }
}
