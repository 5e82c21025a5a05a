// The main job on real QEMU and libvirt: a disk becomes a base, a customised guest an overlay, and a service launched
// twice gives two guests that go on where that one was saved.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { Digest, Instance } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'
import { launch, refusal, remove, show, succeeded } from '../shared/operations.ts'
import { ask, askStatus, echoDatagram, forwardTo, get, put, readBanner, remember } from '../shared/guest.ts'
import type { GuestStatus } from '../shared/guest.ts'
import { listeningPorts } from './support/host-oracle.ts'
import { openLab } from './support/lab.ts'
import type { Lab } from './support/lab.ts'
import {
  createBase,
  createOverlay,
  createService,
  openEditSession,
  pushTinyGuest,
  service,
} from '../shared/make-artifacts.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
}, 60_000)
afterAll(() => lab?.[Symbol.asyncDispose]())

const client = () => lab.cloudlet.client
const nowSeconds = () => Date.now() / 1000

/** So far behind that a guest whose clock nobody sets after its resume shows it. */
const behindSeconds = 3600

describe('the main job', () => {
  let disk: Digest
  let saved: GuestStatus
  let edit: Instance
  let [first, second]: Instance[] = []

  it('makes a base of a disk, and leaves no builder', async () => {
    disk = await pushTinyGuest(client())
    await succeeded(client(), createBase(client(), 'tiny', disk))
    const base = await client().bases.show({ params: { base: 'tiny' } })
    expect(base).toMatchObject({ status: 'available', hasAgent: true, machine: { memoryBytes: 128 * 2 ** 20 } })
    const { domains, qemus, passts, slots, captures } = await lab.look()
    expect({ domains, qemus, passts, slots, captures }).toEqual({
      domains: [],
      qemus: {},
      passts: 0,
      slots: {},
      captures: [],
    })
    expect((await client().instances.list()).items).toEqual([])
  }, 60_000)

  it('resumes the base in an edit session, whose disk and memory are customised', async () => {
    edit = await openEditSession(client(), 'tiny', 'edit')
    await remember(edit, 'in-memory')
    await put(edit, 'note', 'on-disk')
    await setClockBack(edit)
    saved = await askStatus(edit)
    expect(saved.remembered).toBe('in-memory')
    expect(nowSeconds() - saved.time).toBeGreaterThan(behindSeconds - 60)
  }, 30_000)

  it('saves an overlay while the instance runs on', async () => {
    const before = await lab.look()
    await succeeded(client(), createOverlay(client(), 'tiny-app', 'edit'))
    const after = await askStatus(edit)
    expect(after).toMatchObject({ bootId: saved.bootId, token: saved.token, remembered: 'in-memory' })
    expect(after.count).toBe(saved.count + 1)
    expect((await lab.look()).qemus).toEqual(before.qemus)
    await remember(edit, 'after-the-save')
    await remove(client(), 'edit')
  }, 30_000)

  it('launches the service twice, side by side, from what was saved', async () => {
    await createService(client(), service, 'tiny-app')
    ;[first, second] = [await launch(client(), { service }), await launch(client(), { service })]
    const [one, two] = [await askStatus(first), await askStatus(second)]
    for (const status of [one, two]) {
      expect(status).toMatchObject({ bootId: saved.bootId, token: saved.token, remembered: 'in-memory' })
      expect(Math.abs(status.time - nowSeconds())).toBeLessThanOrEqual(2)
    }
    expect(await Promise.all([get(first, 'note'), get(second, 'note')])).toEqual(['on-disk', 'on-disk'])
    expect(forwardTo(first, 80).hostPort).not.toBe(forwardTo(second, 80).hostPort)
    expect([first.status.clock, second.status.clock]).toEqual(['set', 'set'])
    expect(first.status.domainUuid).not.toBe(second.status.domainUuid)
  }, 30_000)

  it('keeps each to itself: counters, memory, disk', async () => {
    const [one, two] = [await askStatus(first!), await askStatus(second!)]
    await ask(first!, '/cgi-bin/status')
    await remember(first!, 'first-only')
    await put(first!, 'note', 'first-only')
    const [oneLater, twoLater] = [await askStatus(first!), await askStatus(second!)]
    expect([oneLater.count - one.count, twoLater.count - two.count]).toEqual([2, 1])
    expect([oneLater.remembered, twoLater.remembered]).toEqual(['first-only', 'in-memory'])
    expect([await get(first!, 'note'), await get(second!, 'note')]).toEqual(['first-only', 'on-disk'])
  }, 30_000)

  it('runs both from one cached base and one cached overlay', async () => {
    const { images, domains, qemus, passts } = await lab.look()
    const kinds = images.map((path) => path.replace(/[0-9a-f]{64}$/, '#'))
    expect(kinds).toEqual(['bases/#', 'overlays/#', 'disks/#'])
    expect(domains.map(({ uuid }) => uuid).sort()).toEqual([first, second].map((it) => it!.status.domainUuid).sort())
    expect([Object.keys(qemus).length, passts]).toEqual([2, 2])
  })

  it('forwards udp and tcp', async () => {
    for (const instance of [first!, second!]) {
      expect(await echoDatagram(instance, 7, instance.id)).toBe(instance.id)
      expect(await readBanner(instance, 2323)).toBe(`BRAMBLE ${saved.bootId}`)
    }
  }, 30_000)

  it('reads the console, bounded', async () => {
    const params = { instance: first!.id }
    expect(await consoleOf(edit.id)).toBeUndefined()
    const all = await client().instances.console({ params, query: { tailBytes: 65_536 } })
    const some = await client().instances.console({ params, query: { tailBytes: 16 } })
    expect(Buffer.byteLength(some)).toBeLessThanOrEqual(16)
    expect(all.endsWith(some)).toBe(true)
  })

  it('runs commands in the guest', async () => {
    const params = { instance: first!.id }
    const body = { command: ['sh', '-c', 'cat; cat /data/kv/note; exit 3'], stdinBase64: btoa('hello ') }
    const result = await client().instances.exec({ params, body })
    expect([result.exitCode, atob(result.stdoutBase64).trim()]).toEqual([3, 'hello first-only'])
  }, 30_000)

  it('publishes a host port that was asked for, once', async () => {
    const hostPort = await freePort()
    const publish = [{ guestPort: 80, hostPort }]
    const instance = await launch(client(), { service, name: 'asked', publish })
    expect(forwardTo(instance, 80).hostPort).toBe(hostPort)
    expect((await askStatus(instance)).bootId).toBe(saved.bootId)
    const problem = await refusal(client(), client().instances.launch({ body: { service, publish } }))
    expect(problem).toMatchObject({ code: 'port_taken', status: 409, when: 'before' })
    expect(problem.detail).toMatch(new RegExp(`${instance.id}|asked`))
    await remove(client(), 'asked')
  }, 30_000)

  it('refuses a host port that another program holds, and names it', async () => {
    const before = await lab.look()
    await using foreign = createServer().listen(0, '127.0.0.1')
    await once(foreign, 'listening')
    const publish = [{ guestPort: 80, hostPort: (foreign.address() as AddressInfo).port }]
    const asked = client().instances.launch({ body: { service, name: 'late', publish } })
    const problem = await refusal(client(), asked)
    expect(problem).toMatchObject({ code: 'port_taken', when: 'after' })
    expect(problem.detail).toContain(`pid ${process.pid}`)
    expect((await show(client(), 'late')).status).toMatchObject({ phase: 'failed', problem: { code: 'port_taken' } })
    await remove(client(), 'late')
    expect(await lab.look()).toEqual(before)
  }, 30_000)

  it('deletes without a trace', async () => {
    const held = [first!, second!].flatMap(({ status }) => status.forwards)
    await Promise.all([remove(client(), first!.id), remove(client(), second!.id)])
    const left = await pollUntil(async () => {
      const sight = await lab.look()
      return sight.ledger.instances.length === 0 && sight
    }, 'the ledger to forget')
    const { domains, qemus, passts, slots, ledger, captures, uploads } = left
    expect({ domains, qemus, slots, ledger, captures, uploads, passts }).toEqual({
      domains: [],
      qemus: {},
      slots: {},
      ledger: { instances: [], captures: [] },
      captures: [],
      uploads: [],
      passts: 0,
    })
    const listening = { tcp: await listeningPorts('tcp'), udp: await listeningPorts('udp') }
    expect(held.filter(({ protocol, hostPort }) => listening[protocol].has(hostPort))).toEqual([])
  }, 30_000)
})

/** The instance is gone: its console can be read no more. */
const consoleOf = (instance: string): Promise<string | undefined> =>
  client()
    .instances.console({ params: { instance }, query: {} })
    .catch(() => undefined)

async function setClockBack(instance: Instance): Promise<void> {
  const command = ['date', '-s', `@${Math.floor(nowSeconds()) - behindSeconds}`]
  const { exitCode } = await client().instances.exec({ params: { instance: instance.id }, body: { command } })
  expect(exitCode).toBe(0)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
