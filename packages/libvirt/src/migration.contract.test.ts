import { createServer, connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { startPrivateLibvirt } from '@bramble/testkit'
import type { PrivateLibvirt } from '@bramble/testkit'
import { connectLibvirt, destinationCookie } from './index.ts'
import type { DomainRef, Libvirt } from './index.ts'
import { tinyDomain } from './testing/tiny-domain.ts'

let daemon: PrivateLibvirt
let libvirt: Libvirt

beforeAll(async () => {
  daemon = await startPrivateLibvirt()
  libvirt = await connectLibvirt({ socketPath: daemon.socketPath })
}, 30_000)

afterAll(async () => {
  await libvirt?.close()
  await daemon?.stop()
})

const cookieOf = ({ name, uuid }: { name: string; uuid: string }) =>
  destinationCookie({ name, uuid, hostname: 'elsewhere', hostUuid: randomUUID() })

const flags = ['live', 'unsafe'] as const

it('saves a running VM that runs on, and starts another VM from the stream', async () => {
  const source = await libvirt.domains.createXml(tinyDomain('live').xml)
  const stream = await saveLive(source, join(daemon.scratchDir, 'save.sock'))
  expect(stream.subarray(0, 4).toString()).toBe('QEVM')
  expect(await libvirt.domains.state(source)).toMatchObject({ state: 'running' })

  const clone = await resumeFrom(stream, tinyDomain('clone'), join(daemon.scratchDir, 'resume.sock'))
  expect(clone.uuid).not.toBe(source.uuid)
  expect(await libvirt.domains.state(clone)).toMatchObject({ state: 'running' })
  expect(await libvirt.qemu.monitorCommand(clone, { execute: 'query-status' })).toMatchObject({
    return: { running: true },
  })
  for (const domain of [source, clone]) await libvirt.domains.destroy(domain)
}, 60_000)

it('refuses the empty cookie that would crash the daemon', () => {
  const empty = { xml: '', uri: 'unix:///nowhere', cookie: Buffer.alloc(0), flags: [] }
  expect(() => libvirt.migration.prepare(empty)).toThrow('destinationCookie')
})

it('tears down what was prepared when finish says cancelled', async () => {
  const { name, uuid, xml } = tinyDomain('cancelled')
  const uri = `unix://${join(daemon.scratchDir, 'cancelled.sock')}`
  await libvirt.migration.prepare({ xml, uri, cookie: cookieOf({ name, uuid }), flags: ['live'] })
  const finish = { name, uri, cookie: cookieOf({ name, uuid }), flags: ['live'], isCancelled: true } as const
  await libvirt.migration.finish(finish).catch(() => {})
  await expect(libvirt.domains.lookupByUuid(uuid)).rejects.toMatchObject({ code: 42 })
}, 30_000)

async function saveLive(domain: DomainRef, path: string): Promise<Buffer> {
  const server = createServer()
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o777)
  const stream = once(server, 'connection').then(([socket]) => recordStream(socket as Socket))
  await libvirt.migration.begin({ domain, flags })
  const perform = { domain, uri: `unix://${path}`, cookie: cookieOf(domain), flags }
  await libvirt.migration.perform(perform, { timeoutMs: 20_000 })
  await libvirt.migration.confirm({ domain, cookie: cookieOf(domain), flags, isCancelled: true })
  server.close()
  return stream
}

// What a destination would say on the return path once it has loaded everything.
const shut = Buffer.from('0001000400000000', 'hex')

async function recordStream(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    if (isWhole(Buffer.concat(chunks.slice(-50)))) socket.write(shut)
  }
  return Buffer.concat(chunks)
}

/** The stream ends with a section 06: a length and that much JSON. */
function isWhole(tail: Buffer): boolean {
  const json = tail.lastIndexOf('{"configuration"')
  return json > 5 && tail[json - 5] === 6 && tail.readUInt32BE(json - 4) === tail.length - json
}

async function resumeFrom(stream: Buffer, domain: { name: string; uuid: string; xml: string }, path: string) {
  const { name, xml } = domain
  const uri = `unix://${path}`
  await libvirt.migration.prepare({ xml, uri, cookie: cookieOf(domain), flags: ['live'] })
  const socket = connect(path)
  await pipeline(Readable.from([stream]), socket, { end: false })
  const started = await libvirt.migration.finish({ name, uri, cookie: cookieOf(domain), flags: ['live'] })
  socket.destroy()
  return started.domain
}
