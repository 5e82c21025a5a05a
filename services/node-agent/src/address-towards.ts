import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'

/**
 * The address from which this host reaches the host of `url`, as its routes say: nothing is sent, and nobody has to
 * listen there. @throws when the name cannot be resolved, or no route leads there
 */
export async function addressTowards(url: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url)
  const { address, family } = await lookup(hostname.replace(/^\[|\]$/g, ''))
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    socket.connect(Number(port) || (protocol === 'https:' ? 443 : 80), address)
    await once(socket, 'connect')
    return socket.address().address
  } finally {
    socket.close()
  }
}
