import { randomBytes } from 'node:crypto'
import { findFreePorts } from './free-ports.ts'
import { runBroker } from './run-broker.ts'
import type { RabbitMqOptions, RabbitMqServer } from './run-broker.ts'

/** A broker of its own with the management plugin, on ports of loopback or of another place alone. Needs root. */
export async function startRabbitMq(options: RabbitMqOptions = {}): Promise<RabbitMqServer> {
  const [amqp, management, distribution, epmd, tls] = (await findFreePorts(5)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const ports = { amqp, management, distribution, epmd, tls }
  return runBroker({ ...options, ports, password: randomBytes(16).toString('hex') })
}
