import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createQemuReceiver, ReceiverGoneError } from './qemu-receiver.ts'

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

const send = (stream: NodeJS.WritableStream, bytes: Iterable<Buffer>) => pipeline(Readable.from(bytes), stream)

function* forever() {
  for (;;) yield Buffer.alloc(65_536)
}

it('holds what comes before the connection, sends everything, and ends', async () => {
  const received: Buffer[] = []
  const whole = Promise.withResolvers<void>()
  const path = await listen((socket) => void socket.on('data', (part) => received.push(part)).on('end', whole.resolve))
  const receiver = createQemuReceiver(100)
  const sent = send(receiver.stream, [Buffer.from('pages'), Buffer.from(' and devices')])
  await new Promise(setImmediate)
  expect(receiver.stream.writableLength).toBe('pages and devices'.length)
  await receiver.connect(path)
  await sent
  await whole.promise
  expect(Buffer.concat(received).toString()).toBe('pages and devices')
})

it('says that a write is done once the socket has taken it', async () => {
  const path = await listen((socket) => void socket.resume())
  const { stream, connect } = createQemuReceiver(100)
  let isDone = false
  stream.write('pages', () => (isDone = true))
  await new Promise(setImmediate)
  expect(isDone).toBe(false)
  await connect(path)
  await new Promise<void>((resolve) => stream.end(resolve))
  expect(isDone).toBe(true)
})

it('says so when QEMU leaves in the middle', async () => {
  const path = await listen((socket) => void socket.once('data', () => socket.destroy()))
  const { stream, connect } = createQemuReceiver(100)
  const sent = send(stream, forever())
  await connect(path)
  await expect(sent).rejects.toThrow(ReceiverGoneError)
})

it('breaks the connection when the stream is given up, so that QEMU starts nothing', async () => {
  const broken = Promise.withResolvers<void>()
  const path = await listen((socket) => void socket.resume().on('close', broken.resolve))
  const { stream, connect } = createQemuReceiver(100)
  stream.on('error', () => {}).write('pages')
  await connect(path)
  stream.destroy(new Error('the overlay is damaged'))
  await broken.promise
})

it('connects nothing when the stream was given up before', async () => {
  const broken = Promise.withResolvers<void>()
  const path = await listen((socket) => void socket.resume().on('close', broken.resolve))
  const { stream, connect } = createQemuReceiver(100)
  stream.destroy()
  await connect(path)
  await broken.promise
})
