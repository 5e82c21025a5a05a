import { once } from 'node:events'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** QEMU ended the connection before it had everything: it refused the stream, or it died. */
export class ReceiverGoneError extends Error {
  constructor(cause: Error) {
    super('QEMU ended the connection', { cause })
    this.name = 'ReceiverGoneError'
  }
}

/** Sends a migration stream to the socket on which a QEMU waits for it. @throws {ReceiverGoneError} */
export async function sendStream(stream: Readable, path: string): Promise<void> {
  const socket = connect(path)
  await once(socket, 'connect')
  // The other direction carries QEMU's answers to a source that wants them; we need none.
  socket.resume()
  try {
    await pipeline(stream, socket)
  } catch (error) {
    throw isBroken(error) ? new ReceiverGoneError(error as Error) : error
  }
}

const isBroken = (error: unknown) => ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')
