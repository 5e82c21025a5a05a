import { topology } from '@bramble/contracts'
import { withChannel } from './channel.ts'
import type { BusParts } from './create-rabbitmq-bus.ts'

/** A key that no queue takes: what is published under it comes back. */
const nobody = 'probe'

/**
 * Proves that messages can be published and that exchanges and queues are there; the side that declares puts right what
 * is missing. A node may publish nothing but its own, so there it is proven that the channel to publish on is open.
 */
export async function probeBroker({ connection, publisher, declarer }: Omit<BusParts, 'counts' | 'logger'>) {
  await publisher.check()
  const { desired, reports, facts } = topology.exchanges
  await withChannel(connection, async (channel) => {
    if (declarer) return declarer.all(channel)
    for (const { name } of [reports, facts]) await channel.checkExchange(name)
  })
  if (!declarer) return
  await publisher.publish({ exchange: desired.name, key: nobody, bytes: Buffer.alloc(0), persistent: false })
}
