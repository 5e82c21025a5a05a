// Ready means bytes from the guest. Through the forwarder a TCP connect succeeds to a guest that stands still, to one
// whose server hangs and to a port on which nobody listens: none of these may ever be reported ready.
// Broken build that this catches: a probe that is content with a connect.
import { connect } from 'node:net'
import { once } from 'node:events'
import type { Instance, Operation, Problem } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'
import { ended, launch, remove, show, succeeded } from '../shared/operations.ts'
import { askStatus } from '../shared/guest.ts'
import { createOverlay, probe } from '../shared/make-artifacts.ts'
import { openPreparedLab } from './support/prepared-lab.ts'
import type { PreparedLab } from './support/prepared-lab.ts'

let lab: PreparedLab
beforeAll(async () => {
  lab = await openPreparedLab()
  // Its server is stopped when the overlay is taken: whoever connects waits.
  const edit = await launch(client(), { overlay: 'tiny-app', name: 'edit' })
  await exec(edit, 'killall -STOP httpd')
  await succeeded(client(), createOverlay(client(), 'mute', 'edit'))
  await remove(client(), 'edit')
}, 90_000)
afterAll(() => lab?.[Symbol.asyncDispose]())

const client = () => lab.cloudlet.client

async function exec({ id }: Instance, script: string): Promise<void> {
  const { exitCode } = await client().instances.exec({
    params: { instance: id },
    body: { command: ['sh', '-c', script] },
  })
  expect(exitCode).toBe(0)
}

/** Begins to launch a service; resolves when its guest runs and is probed. */
async function beginLaunch(service: string, { port = 80, timeoutSeconds = 60 }, overlay: string) {
  const body = { id: service, probe: { ...probe, port, timeoutSeconds }, variants: [{ overlay }] }
  await client().services.create({ body })
  const operation = await client().instances.launch({ body: { service, name: service.split('.').at(-1)! } })
  const id = operation.resources.find(({ kind }) => kind === 'instance')!.id
  const instance = await pollUntil(async () => {
    // What was accepted is there a moment later.
    const it = await show(client(), id).catch(() => undefined)
    return it?.status.detail === 'waiting for the guest' && it
  }, 'the guest to be probed')
  return { operation, instance }
}

async function canConnect({ status }: Instance): Promise<boolean> {
  const { hostPort, hostAddress } = status.forwards[0]!
  const socket = connect(hostPort, hostAddress)
  await once(socket, 'connect', { signal: AbortSignal.timeout(5000) })
  return socket.destroy().destroyed
}

/** Over several probes. */
async function staysUnready({ id }: Instance): Promise<void> {
  const until = performance.now() + 1500
  const isOver = async () => {
    expect((await show(client(), id)).status.phase).toBe('starting')
    return performance.now() > until
  }
  await pollUntil(isOver, 'several probes')
}

const failure = async (operation: Operation): Promise<Problem | undefined> => (await ended(client(), operation)).error

const domainOf = ({ status }: Instance) => lab.libvirt.domains.lookupByUuid(status.domainUuid!)

describe('a guest that does not answer', () => {
  it('is not ready while it hangs or stands still, and is as soon as it answers', async () => {
    const { operation, instance } = await beginLaunch('org.example.patient', {}, 'mute')
    expect(await canConnect(instance)).toBe(true)
    await staysUnready(instance)
    await lab.libvirt.domains.suspend(await domainOf(instance))
    expect(await canConnect(instance)).toBe(true)
    await staysUnready(instance)
    await lab.libvirt.domains.resume(await domainOf(instance))
    await exec(instance, 'killall -CONT httpd')
    await succeeded(client(), operation)
    expect((await askStatus(await show(client(), instance.id))).bootId).toBe(lab.saved.bootId)
    await remove(client(), instance.id)
  }, 60_000)

  it('ends its launch with guest_not_ready when it stands still for too long', async () => {
    const { operation, instance } = await beginLaunch('org.example.still', { timeoutSeconds: 3 }, 'mute')
    await lab.libvirt.domains.suspend(await domainOf(instance))
    expect(await canConnect(instance)).toBe(true)
    expect(await failure(operation)).toMatchObject({ code: 'guest_not_ready' })
    expect((await show(client(), instance.id)).status.phase).toBe('failed')
    await remove(client(), instance.id)
  }, 30_000)

  it('ends its launch with guest_not_ready when nobody listens at the probed port', async () => {
    const { operation, instance } = await beginLaunch('org.example.deaf', { port: 81, timeoutSeconds: 2 }, 'tiny-app')
    expect(await canConnect(instance)).toBe(true)
    expect(await failure(operation)).toMatchObject({ code: 'guest_not_ready' })
    await remove(client(), instance.id)
    expect((await lab.look()).domains).toEqual([])
  }, 30_000)
})
