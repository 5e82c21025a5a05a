import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { ReceiverGoneError, sendStream } from './send-stream.ts'

let dir: string
let end = () => {}
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'bramble-stream-'))))
afterEach(async () => {
  end()
  await rm(dir, { recursive: true })
})

/** A socket such as QEMU listens on. */
async function listen(serve: (socket: Socket) => void): Promise<string> {
  const path = join(dir, 'in.sock')
  const server = createServer((socket) => serve(socket.on('error', () => {})))
  server.listen(path)
  await once(server, 'listening')
  end = () => server.close()
  return path
}

function* forever() {
  for (;;) yield Buffer.alloc(65_536)
}

it('sends everything, and ends', async () => {
  const received: Buffer[] = []
  const whole = Promise.withResolvers<void>()
  const path = await listen((socket) => void socket.on('data', (part) => received.push(part)).on('end', whole.resolve))
  await sendStream(Readable.from([Buffer.from('pages'), Buffer.from(' and devices')]), path)
  await whole.promise
  expect(Buffer.concat(received).toString()).toBe('pages and devices')
})

it('says so when QEMU leaves in the middle', async () => {
  const path = await listen((socket) => void socket.once('data', () => socket.destroy()))
  await expect(sendStream(Readable.from(forever()), path)).rejects.toThrow(ReceiverGoneError)
})

it('passes on what the stream itself fails with', async () => {
  const path = await listen((socket) => void socket.resume())
  const stream = new PassThrough().on('error', () => {})
  stream.write('pages')
  setImmediate(() => stream.destroy(new Error('the overlay is damaged')))
  await expect(sendStream(stream, path)).rejects.toThrow('the overlay is damaged')
})
