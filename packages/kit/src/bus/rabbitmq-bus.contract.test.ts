import { startRabbitMq } from '@bramble/testkit'
import type { RabbitMqServer } from '@bramble/testkit'
import { eventually } from '../eventually.ts'
import { silentLogger } from '../log/logger.ts'
import { busContract } from './bus.contract.ts'
import { makeVirtualHost } from './rabbitmq/broker.fixture.ts'
import { connectRabbitMq } from './rabbitmq/connect-rabbitmq.ts'

let server: RabbitMqServer
beforeAll(async () => void (server = await startRabbitMq()))
afterAll(() => server.stop())

busContract(
  'RabbitMQ',
  async ({ receivers, reportTtlMs }) => {
    const host = await makeVirtualHost(server)
    const bus = connectRabbitMq({ url: host.url, logger: silentLogger(), declares: true, reportTtlMs })
    await eventually(() => bus.probe())
    await host.declareReceivers(receivers)
    return {
      bus,
      publishFactBytes: (key, bytes) => host.publish('facts', key, bytes),
      restart: () => server.restart(),
      remove: () => host.remove(),
    }
  },
  { hasBroker: true },
)
