import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range from which the kernel takes ports for outgoing connections: a port stays free while its server is down
// and a client of it tries again and again.
const lowest = 15_000
const highest = 31_999

/** Ports of loopback that nobody listens on. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
