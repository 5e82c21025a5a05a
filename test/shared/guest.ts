// Talking to the tiny guest (scripts/guest/README.md) as its clients do: through the host's forwards.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import type { Forward, Instance, Protocol } from '@bramble/contracts'

export interface GuestStatus {
  bootId: string
  /** Made at boot, only in memory. */
  token: string
  /** Requests so far. */
  count: number
  /** Unix seconds. */
  time: number
  remembered: string
}

const limitMs = 10_000

export function forwardTo({ name, status }: Instance, guestPort: number, protocol: Protocol = 'tcp'): Forward {
  const found = status.forwards.find((it) => it.guestPort === guestPort && it.protocol === protocol)
  if (!found) throw new Error(`${name} has no forward to ${guestPort}/${protocol}`)
  return found
}

/** One request over HTTP, on a connection of its own; throws unless the answer is 200. */
export async function ask(instance: Instance, path: string): Promise<string> {
  const { hostAddress, hostPort } = forwardTo(instance, 80)
  const signal = AbortSignal.timeout(limitMs)
  // The guest's server tells neither length nor close: a pool of connections, as fetch has, would be surprised.
  const asked = httpGet({ host: hostAddress, port: hostPort, path, agent: false, signal })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const body = await readText(answer)
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode}`)
  return body.trim()
}

export const askStatus = async (instance: Instance): Promise<GuestStatus> =>
  JSON.parse(await ask(instance, '/cgi-bin/status')) as GuestStatus

export const remember = (instance: Instance, value: string) => ask(instance, `/cgi-bin/remember?v=${value}`)
export const put = (instance: Instance, key: string, value: string) => ask(instance, `/cgi-bin/put?${key}=${value}`)
export const get = (instance: Instance, key: string) => ask(instance, `/cgi-bin/get?${key}`)

/**
 * What the guest says on a TCP port until it closes. The client ends its side at once: Debian 12's passt ends the
 * handshake with the guest only when the client has sent something, be it the end, and nobody would begin.
 */
export async function readBanner(instance: Instance, guestPort: number): Promise<string> {
  const { hostAddress, hostPort } = forwardTo(instance, guestPort)
  const socket = connect({ port: hostPort, host: hostAddress, allowHalfOpen: true }).setEncoding('utf8').end()
  let text = ''
  socket.on('data', (part: string) => (text += part))
  await once(socket, 'end', { signal: AbortSignal.timeout(limitMs) })
  return text.trim()
}

/** Sends a datagram and gives what comes back. */
export async function echoDatagram(instance: Instance, guestPort: number, text: string): Promise<string> {
  const { hostAddress, hostPort } = forwardTo(instance, guestPort, 'udp')
  const socket = createSocket('udp4')
  try {
    socket.send(text, hostPort, hostAddress)
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(limitMs) })) as [Buffer]
    return answer.toString()
  } finally {
    socket.close()
  }
}
