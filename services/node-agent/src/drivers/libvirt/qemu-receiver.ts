// The end of a migration stream at which QEMU receives it, from before QEMU is there: what is written is held until there
// is a socket to connect to. A write is called back once the socket has taken the bytes.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { Writable } from 'node:stream'

/** QEMU ended the connection before it had everything: it refused the stream, or it died. */
export class ReceiverGoneError extends Error {
  constructor(cause: Error) {
    super('QEMU ended the connection', { cause })
    this.name = 'ReceiverGoneError'
  }
}

export interface QemuReceiver {
  /** Fails with ReceiverGoneError when QEMU leaves. Ended, it has sent everything. */
  stream: Writable
  /** Resolves when QEMU has taken the connection. */
  connect(path: string): Promise<void>
}

/** `heldBytes`: how much may be written ahead of QEMU before whoever writes has to wait. */
export function createQemuReceiver(heldBytes: number): QemuReceiver {
  const connected = Promise.withResolvers<Socket>()
  connected.promise.catch(() => {})
  let socket: Socket | undefined

  const stream = new Writable({
    highWaterMark: heldBytes,
    write: (bytes: Buffer, _encoding, done) =>
      void connected.promise.then((to) => to.write(bytes, (error) => done(asGone(error))), done),
    final: (done) => void connected.promise.then((to) => to.end(done), done),
    destroy: (error, done) => {
      // When all is sent QEMU reads it still, and closes the connection then.
      if (!stream.writableFinished) socket?.destroy()
      connected.reject(error ?? new Error('the stream was given up'))
      done(error)
    },
  })

  return {
    stream,
    connect: async (path) => {
      socket = connect(path)
      await once(socket, 'connect')
      socket.on('error', (error) => stream.destroy(asGone(error)))
      // The other direction carries QEMU's answers to a source that wants them; we need none.
      socket.resume()
      if (stream.destroyed) socket.destroy()
      connected.resolve(socket)
    },
  }
}

function asGone(error: Error | null | undefined): Error | undefined {
  const isBroken = ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')
  return error && isBroken ? new ReceiverGoneError(error) : (error ?? undefined)
}
