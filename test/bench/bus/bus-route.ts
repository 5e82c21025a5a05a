import { connectRabbitMq, silentLogger } from '@bramble/kit'
import type { FactRoute } from './fact-route.ts'

/** Ours: a node's bus and the master's, each with its connection. */
export async function openBusRoute(url: string, prefetch: number): Promise<FactRoute> {
  const logger = silentLogger()
  const master = connectRabbitMq({ url, logger, declares: true })
  const node = connectRabbitMq({ url, logger })
  let onFact = () => {}
  await master.subscribeFacts(() => onFact(), { prefetch })
  await node.probe()
  return {
    publish: ({ key, fact }) => node.publishFact(key, fact),
    listen: (listener) => void (onFact = listener),
    close: async () => {
      await node.close()
      await master.close()
    },
  }
}
