import { once } from 'node:events'
import { pollUntil, startPrivateLibvirt } from '@bramble/testkit'
import type { PrivateLibvirt } from '@bramble/testkit'
import { connectLibvirt } from './index.ts'
import { tinyDomain } from './testing/tiny-domain.ts'

let daemon: PrivateLibvirt

beforeAll(async () => {
  daemon = await startPrivateLibvirt()
}, 30_000)

afterAll(() => daemon?.stop())

it('outlives the daemon: calls under way reject, events come again from the next one', async () => {
  const libvirt = await connectLibvirt({ socketPath: daemon.socketPath })
  const started: string[] = []
  await libvirt.onDomainEvent('lifecycle', ({ domain, kind }) => {
    if (kind === 'started') started.push(domain.name)
  })
  const survivor = await libvirt.domains.createXml(tinyDomain('survivor').xml)

  const disconnected = once(libvirt.link, 'disconnected')
  const underWay = libvirt.domains.createXml(tinyDomain('under-way').xml).catch((error: unknown) => error)
  await daemon.killDaemon()
  expect(await underWay).toMatchObject({ name: 'ConnectionError', failure: 'lost' })
  await disconnected
  await expect(libvirt.host.hostname()).rejects.toMatchObject({ failure: 'lost' })

  const reconnected = once(libvirt.link, 'reconnected')
  await daemon.startDaemon()
  await reconnected
  expect(await libvirt.domains.state(survivor)).toMatchObject({ state: 'running' })
  await libvirt.domains.createXml(tinyDomain('next').xml)
  // An event may come after the answer to the call that caused it.
  await pollUntil(() => started.includes('next'), 'the event after the reconnect')
  expect(started).toContain('survivor')
  await libvirt.close()
}, 60_000)

it('tells a daemon that hangs from one that is idle', async () => {
  const keepalive = { intervalMs: 50, maxUnanswered: 2 }
  const libvirt = await connectLibvirt({ socketPath: daemon.socketPath, keepalive, reconnect: false })
  const closed = once(libvirt.link, 'closed')
  const outcome = Promise.race([closed.then(() => 'closed'), new Promise((ok) => setTimeout(ok, 500, 'idle'))])
  expect(await outcome).toBe('idle')

  const { pid } = (await daemon.processes()).find(({ name }) => name === 'libvirtd')!
  process.kill(pid, 'SIGSTOP')
  try {
    const [reason] = (await closed) as [Error]
    expect(reason).toMatchObject({ failure: 'lost', message: expect.stringContaining('silent') })
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}, 30_000)
