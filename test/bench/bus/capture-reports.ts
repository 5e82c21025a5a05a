import { heartbeatMs, topology } from '@bramble/contracts'
import type { RabbitMqServer } from '@bramble/testkit'
import { pollUntil } from '@bramble/testkit'
import { connect } from 'amqplib'

export interface CapturedReport {
  key: string
  bytes: Buffer
}

/** One report of each node, as it went over the wire. */
export async function captureReports({ url }: Pick<RabbitMqServer, 'url'>, nodes: number): Promise<CapturedReport[]> {
  const connection = await connect(url)
  try {
    const channel = await connection.createChannel()
    const { queue } = await channel.assertQueue('', { exclusive: true })
    await channel.bindQueue(queue, topology.exchanges.reports.name, '#')
    const byKey = new Map<string, Buffer>()
    const keep = (key: string, bytes: Buffer) => void byKey.set(key, bytes)
    await channel.consume(queue, (message) => keep(message!.fields.routingKey, message!.content), { noAck: true })
    await pollUntil(() => byKey.size >= nodes, `a report of each of ${nodes} nodes`, 6 * heartbeatMs)
    return [...byKey].map(([key, bytes]) => ({ key, bytes }))
  } finally {
    await connection.close()
  }
}
