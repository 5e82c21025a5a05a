import { randomUUID } from 'node:crypto'
import { pollUntil, startPrivateLibvirt } from '@bramble/testkit'
import type { PrivateLibvirt } from '@bramble/testkit'
import { ConnectionError, LibvirtError, connectLibvirt, isLibvirtError } from './index.ts'
import type { DomainEvents, Libvirt } from './index.ts'
import { tinyDomain } from './testing/tiny-domain.ts'

let daemon: PrivateLibvirt

beforeAll(async () => {
  daemon = await startPrivateLibvirt()
}, 30_000)

afterAll(() => daemon?.stop())

describe.each([
  { uri: 'test:///default', type: 'test', hypervisor: 'TEST' },
  { uri: 'qemu:///system', type: 'qemu', hypervisor: 'QEMU' },
])('$uri', ({ uri, type, hypervisor }) => {
  let libvirt: Libvirt

  beforeAll(async () => {
    libvirt = await connectLibvirt({ socketPath: daemon.socketPath, uri })
  })
  afterAll(() => libvirt?.close())

  it('says what the host is', async () => {
    expect((await libvirt.host.type()).toUpperCase()).toBe(hypervisor)
    expect(await libvirt.host.uri()).toBe(uri)
    expect(await libvirt.host.libVersion()).toMatch(/^\d+\.\d+\.\d+$/)
    expect(await libvirt.host.hostname()).not.toBe('')
    expect(await libvirt.host.info()).toMatchObject({ cpus: expect.any(Number), model: expect.stringMatching(/^\w+/) })
    expect(await libvirt.host.freeMemoryBytes()).toBeGreaterThan(1 << 20)
    expect(await libvirt.host.capabilities()).toContain('<capabilities>')
  })

  it('takes a domain through its life, and tells of it in events', async () => {
    const { name, uuid, xml } = tinyDomain('life', { type })
    const events: DomainEvents['lifecycle'][] = []
    const stopListening = await libvirt.onDomainEvent('lifecycle', (event) => events.push(event))

    const defined = await libvirt.domains.define(xml)
    expect(defined).toEqual({ name, uuid, id: -1 })
    const running = await libvirt.domains.create(defined)
    expect(running.id).toBeGreaterThan(0)
    expect(await libvirt.domains.lookupByName(name)).toEqual(running)
    expect(await libvirt.domains.lookupByUuid(uuid)).toEqual(running)
    expect(await libvirt.domains.list(['active'])).toContainEqual(running)
    expect(await libvirt.domains.list(['inactive'])).not.toContainEqual(running)
    expect(await libvirt.domains.state(running)).toMatchObject({ state: 'running' })
    await libvirt.domains.suspend(running)
    expect(await libvirt.domains.info(running)).toMatchObject({ state: 'paused', maxMemoryKib: 16 * 1024, vcpus: 1 })
    expect(await libvirt.domains.xml(running)).toContain(uuid)

    await libvirt.domains.resume(running)
    await libvirt.domains.destroy(running)
    await libvirt.domains.undefine(defined)
    const kinds = () => events.filter((event) => event.domain.uuid === uuid).map(({ kind }) => kind)
    await pollUntil(() => kinds().includes('undefined'), 'the last event')
    expect(kinds()).toEqual(
      expect.arrayContaining(['defined', 'started', 'suspended', 'resumed', 'stopped', 'undefined']),
    )
    expect(events.find(({ kind }) => kind === 'stopped')).toMatchObject({ reason: 'destroyed' })

    await stopListening()
    const heard = events.length
    await libvirt.domains.destroy(await libvirt.domains.createXml(xml))
    expect(events).toHaveLength(heard)
  })

  it('reads the stats of all domains in one call', async () => {
    const domain = await libvirt.domains.createXml(tinyDomain('counted', { type }).xml)
    const all = await libvirt.domains.stats({ groups: ['state'] })
    const mine = all.find((each) => each.domain.uuid === domain.uuid)
    expect(mine?.stats).toMatchObject({ 'state.state': 1 })
    await libvirt.domains.destroy(domain)
  })

  it("gives libvirt's own errors", async () => {
    const error = await libvirt.domains.lookupByUuid(randomUUID()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(LibvirtError)
    expect(isLibvirtError(error, 'noDomain')).toBe(true)
    expect(error).toMatchObject({ code: 42, level: 2, call: 'domainLookupByUuid' })
    await expect(libvirt.domains.define('<domain')).rejects.toMatchObject({ code: 35 })
  })
})

it('talks to QEMU itself', async () => {
  const libvirt = await connectLibvirt({ socketPath: daemon.socketPath })
  const domain = await libvirt.domains.createXml(tinyDomain('direct').xml)
  expect(await libvirt.qemu.monitorCommand(domain, { execute: 'query-name' })).toMatchObject({
    return: { name: 'direct' },
  })
  await expect(libvirt.qemu.agentCommand(domain, { execute: 'guest-ping' })).rejects.toThrow(/agent/)
  expect(await libvirt.domains.jobInfo(domain)).toMatchObject({ type: 'none' })
  await libvirt.domains.destroy(domain)
  expect(await libvirt.host.domainCapabilities({ virtType: 'qemu' })).toContain('<domainCapabilities>')
  await libvirt.close()
})

it('answers many calls at once, each with its own answer', async () => {
  const libvirt = await connectLibvirt({ socketPath: daemon.socketPath })
  const names = Array.from({ length: 40 }, (_, index) => `nobody-${index}`)
  const messageOf = (name: string) => libvirt.domains.lookupByName(name).catch((error: Error) => error.message)
  const messages = await Promise.all(names.map(messageOf))
  names.forEach((name, index) => expect(messages[index]).toContain(`'${name}'`))
  await libvirt.close()
})

it('refuses changes on a read-only connection', async () => {
  const libvirt = await connectLibvirt({ socketPath: `${daemon.socketPath}-ro`, isReadonly: true })
  await expect(libvirt.domains.define(tinyDomain('never').xml)).rejects.toMatchObject({ code: 29 })
  await libvirt.close()
})

it('says so when there is no daemon, and when it was closed', async () => {
  await expect(connectLibvirt({ socketPath: '/nonexistent/sock' })).rejects.toMatchObject({ failure: 'unreachable' })
  const libvirt = await connectLibvirt({ socketPath: daemon.socketPath, uri: 'test:///default' })
  await libvirt.close()
  const error = await libvirt.host.hostname().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error).toMatchObject({ failure: 'closed' })
})
