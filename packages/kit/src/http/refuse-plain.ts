// Who speaks plain HTTP to a port of TLS is told so, where otherwise the connection would end without a word. The first
// byte tells the two apart: a TLS record of a handshake begins with 22 (RFC 8446, "Record Protocol").
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import { ProblemError } from '../errors/problem-error.ts'
import { toProblem } from '../errors/to-problem.ts'

const handshake = 22
/** Who says nothing for so long will not. */
const firstByteWithinMs = 10_000

/** Stands before the server's own acceptance of connections. Returns what ends connections that it does not know of. */
export function refusePlain(server: Server): () => void {
  const [accept] = server.listeners('connection') as [(this: Server, socket: Socket) => void]
  const sockets = new Set<Socket>()
  server.removeListener('connection', accept)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    const onError = () => socket.destroy()
    const onSilence = () => socket.destroy()
    socket.once('error', onError).setTimeout(firstByteWithinMs, onSilence)
    socket.once('data', (first: Buffer) => {
      if (first[0] !== handshake) return answerPlain(socket)
      socket.removeListener('error', onError).removeListener('timeout', onSilence).setTimeout(0)
      socket.pause()
      socket.unshift(first)
      accept.call(server, socket)
    })
  })
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

function answerPlain(socket: Socket): void {
  const error = new ProblemError('not_encrypted', 'This port speaks TLS; nothing else is answered here.')
  const body = JSON.stringify(toProblem(error))
  const head = [
    'HTTP/1.1 400 Bad Request',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.resume()
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
