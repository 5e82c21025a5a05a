import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import type { ManagementApi } from './management-api.ts'

/** The queue of a receiver, which may declare none itself. */
export async function makeQueue(api: ManagementApi, vhost: string, receiver: ReceiverKey): Promise<void> {
  const { exchange, key, name, arguments: settings } = topology.queues.desired(receiver)
  const { type } = topology.exchanges[exchange]
  await api.ask('PUT', ['exchanges', vhost, exchange], { type, durable: true })
  await api.ask('PUT', ['queues', vhost, name], { durable: true, arguments: settings })
  await api.ask('POST', ['bindings', vhost, 'e', exchange, 'q', name], { routing_key: key })
}
