// What tests of the bus need of a broker: a virtual host of their own, and its management API.
import { randomUUID } from 'node:crypto'
import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import type { RabbitMqServer } from '@bramble/testkit'
import { connect } from 'amqplib'
import { createDeclarer } from './declare-topology.ts'

export interface VirtualHost {
  name: string
  /** For the administrator. */
  url: string
  urlFor(user: string, password: string): string
  /** Publishes as somebody who knows nothing of the bus. */
  publish(exchange: string, key: string, bytes: Buffer): Promise<void>
  declareReceivers(keys: ReceiverKey[]): Promise<void>
  remove(): Promise<void>
}

export type Manage = (method: string, path: string, body?: object) => Promise<unknown>

/** Asks the management API; 404 is undefined. */
export const managementOf =
  ({ managementUrl, user, password }: RabbitMqServer): Manage =>
  async (method, path, body) => {
    const headers = { authorization: `Basic ${btoa(`${user}:${password}`)}`, 'content-type': 'application/json' }
    const answer = await fetch(`${managementUrl}/api/${path}`, {
      ...{ method, headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status === 404) return undefined
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

export async function makeVirtualHost(server: RabbitMqServer): Promise<VirtualHost> {
  const manage = managementOf(server)
  const name = `test-${randomUUID()}`
  await manage('PUT', `vhosts/${name}`)
  await manage('PUT', `permissions/${name}/${server.user}`, { configure: '.*', write: '.*', read: '.*' })
  const urlFor = (user: string, password: string) => {
    const url = new URL(`${server.url}/${name}`)
    return Object.assign(url, { username: user, password }).href
  }
  const url = `${server.url}/${name}`
  return {
    ...{ name, url, urlFor },
    publish: (exchange, key, bytes) =>
      withRawChannel(url, async (channel) => {
        channel.publish(exchange, key, bytes)
        await channel.waitForConfirms()
      }),
    declareReceivers: (keys) =>
      withRawChannel(url, async (channel) => {
        const reportTtlMs = topology.queues.reports.arguments['x-message-ttl']
        const declarer = createDeclarer({ reportTtlMs, isThere: async () => true })
        for (const key of keys) await declarer.queue(key)(channel)
      }),
    remove: async () => void (await manage('DELETE', `vhosts/${name}`)),
  }
}

type RawChannel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>

export async function withRawChannel<T>(url: string, act: (channel: RawChannel) => Promise<T>): Promise<T> {
  const connection = await connect(url)
  connection.on('error', () => {})
  try {
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    return await act(channel)
  } finally {
    await connection.close()
  }
}
