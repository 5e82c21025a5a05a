import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** Stands before a server and can keep back what clients send: a network that delivers late what nobody waits for. */
export interface LateProxy {
  port: number
  /** From now on, what comes on the connections that are open is kept back; new ones pass. */
  keepBack(): void
  /** Delivers what was kept back, though its senders are gone; resolves when the server has read it. */
  deliver(): Promise<void>
  stop(): Promise<void>
}

interface Link {
  upstream: Socket
  kept: Buffer[] | undefined
}

export async function startLateProxy(serverPort: number): Promise<LateProxy> {
  const links = new Set<Link>()
  const listener = createServer((client) => {
    const link: Link = { upstream: connect(serverPort, '127.0.0.1'), kept: undefined }
    const { upstream } = link
    links.add(link)
    client.on('data', (data) => void (link.kept ? link.kept.push(data) : upstream.write(data)))
    upstream.on('data', (data) => void client.write(data))
    upstream.on('close', () => (links.delete(link), client.destroy()))
    client.on('close', () => link.kept ?? upstream.destroy())
    for (const socket of [client, upstream]) socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const deliverOne = async ({ upstream, kept = [] }: Link) => {
    if (kept.length === 0) return upstream.destroy()
    upstream.write(Buffer.concat(kept))
    // Its answer goes nowhere; it tells that the server has done what it was sent.
    await once(upstream, 'data')
    upstream.destroy()
  }

  return {
    port: (listener.address() as AddressInfo).port,
    keepBack: () => {
      for (const link of links) link.kept = []
    },
    deliver: async () => {
      await Promise.all([...links].filter(({ kept }) => kept !== undefined).map(deliverOne))
    },
    stop: async () => {
      for (const { upstream } of links) upstream.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}
