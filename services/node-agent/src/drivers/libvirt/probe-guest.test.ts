import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { Forward, Probe } from '@bramble/contracts'
import { probeGuest } from './probe-guest.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function serveTcp(serve: (socket: Socket) => void): Promise<Forward> {
  const server = createServer((socket) => {
    ends.push(() => socket.destroy())
    serve(socket.on('error', () => {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => server.close())
  const { port } = server.address() as { port: number }
  return { guestPort: 80, protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: port }
}

const bounds = { timeoutSeconds: 1, intervalMs: 10 }
const banner = (more: object = {}): Probe => ({ kind: 'banner', port: 80, protocol: 'tcp', ...bounds, ...more })
const http: Probe = { kind: 'http', port: 80, path: '/', expectStatus: 200, ...bounds }
const tryIt = (probe: Probe, forward: Forward, patienceMs = 150) =>
  probeGuest(probe, forward, AbortSignal.timeout(patienceMs))

it.each([
  ['http', http],
  ['banner', banner()],
])('%s: an accepted connection that stays silent does not count', async (_, probe) => {
  const forward = await serveTcp(() => {})
  await expect(tryIt(probe, forward)).rejects.toThrow()
})

it.each([
  ['http', http],
  ['banner', banner()],
])('%s: a connection that is closed without a byte does not count', async (_, probe) => {
  const forward = await serveTcp((socket) => socket.end())
  await expect(tryIt(probe, forward)).rejects.toThrow()
})

it.each([
  [200, true],
  [503, false],
])('http: status %i counts: %s', async (status, counts) => {
  const forward = await serveTcp((socket) => socket.end(`HTTP/1.1 ${status} X\r\ncontent-length: 0\r\n\r\n`))
  const tried = tryIt(http, forward)
  await (counts ? expect(tried).resolves.toBeUndefined() : expect(tried).rejects.toThrow('instead of 200'))
})

it('banner: is put together from pieces', async () => {
  const forward = await serveTcp((socket) => {
    socket.write('SSH')
    setImmediate(() => socket.write('-2.0'))
  })
  await tryIt(banner({ expect: 'SSH-2' }), forward)
})

it('banner: another one does not count', async () => {
  const forward = await serveTcp((socket) => socket.write('HTTP/1.1'))
  await expect(tryIt(banner({ expect: 'SSH-2' }), forward)).rejects.toThrow('begins with "HTTP/"')
})

it('banner: what is to be sent is sent', async () => {
  const forward = await serveTcp((socket) => socket.pipe(socket))
  await tryIt(banner({ send: 'PING', expect: 'PING' }), forward)
})

it('banner: a service that hears of its client only when that ends its half is heard', async () => {
  const forward = await serveTcp((socket) => socket.on('end', () => socket.end('SSH-2.0')).resume())
  await tryIt(banner({ expect: 'SSH-2' }), forward, 5000)
})

it('banner: who sends something keeps its half open', async () => {
  let hasEnded = false
  const forward = await serveTcp((socket) => void socket.on('end', () => (hasEnded = true)).resume())
  await expect(tryIt(banner({ send: 'PING' }), forward, 600)).rejects.toThrow()
  expect(hasEnded).toBe(false)
})

it('banner over udp: the answer counts, silence does not', async () => {
  const guest = createSocket('udp4')
  guest.on('message', (bytes, from) => void (bytes.toString() === 'hey' && guest.send('ho', from.port)))
  guest.bind(0, '127.0.0.1')
  await once(guest, 'listening')
  ends.push(() => guest.close())
  const forward: Forward = { guestPort: 7, protocol: 'udp', hostAddress: '127.0.0.1', hostPort: guest.address().port }
  await tryIt(banner({ protocol: 'udp', send: 'hey', expect: 'ho' }), forward)
  await expect(tryIt(banner({ protocol: 'udp', send: 'what' }), forward)).rejects.toThrow()
})
