// libvirt's keepalive: either side may send PING, the other answers PONG. Our pings tell a daemon that hangs from one
// that has nothing to say; anything that arrives counts as a sign of life. Source: src/rpc/virkeepaliveprotocol.x.
import { ConnectionError } from '../errors.ts'
import type { RpcConnection } from './rpc-connection.ts'

const keepaliveProgram = 0x6b656570
const ping = 1
const pong = 2

export type KeepaliveOptions = {
  /** Time between two pings. */
  intervalMs: number
  /** After so many pings without any sign of life the connection is given up. */
  maxUnanswered: number
}

export function keepAlive(connection: RpcConnection, { intervalMs, maxUnanswered }: KeepaliveOptions): void {
  let unanswered = 0
  connection.onMessage(({ header }) => {
    unanswered = 0
    if (header.program === keepaliveProgram && header.procedure === ping) connection.notify(keepaliveProgram, pong)
  })
  const timer = setInterval(() => {
    if (unanswered >= maxUnanswered) return connection.end(silence(unanswered * intervalMs))
    unanswered++
    connection.notify(keepaliveProgram, ping)
  }, intervalMs)
  timer.unref()
  void connection.ended.then(() => clearInterval(timer))
}

function silence(silentMs: number): ConnectionError {
  return new ConnectionError('lost', `libvirt: the daemon has been silent for ${silentMs} ms`)
}
