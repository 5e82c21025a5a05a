import { ConnectionError, errorCodes, LibvirtError } from '@bramble/libvirt'
import type { Slot } from '../driver.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { setClock } from './set-clock.ts'

const slot: Slot = { id: 's', domainUuid: 'u', forwards: [] }
const libvirtError = (code: number) => new LibvirtError('domainSetTime', { code, message: 'no' } as never)
const busy = libvirtError(errorCodes.agentUnresponsive)

/** A guest whose agent answers with these, one after another, and then as it should; its clock is not right before. */
function guestThat(...failures: Error[]) {
  let times = 0
  const setTime = async () => {
    const failure = failures[times++]
    if (failure) throw failure
  }
  const xml = async () =>
    `<metadata><bramble:slot owner="o" id="s"/></metadata><target name="org.qemu.guest_agent.0" state="connected"/>`
  const time = async () => new Date(0)
  const domains = { setTime, xml, time }
  const context = { libvirt: { domains } } as unknown as LibvirtContext
  return { context, domains, times: () => times }
}

it.each([
  ['fails', busy],
  ['is late', new ConnectionError('timeout', 'no answer within 10000 ms')],
])('tries again when the agent %s', async (_, failure) => {
  const { context, times } = guestThat(failure)
  expect(await setClock(context, slot)).toBe('set')
  expect(times()).toBe(2)
})

it.each([
  ['fails', busy],
  ['is late', new ConnectionError('timeout', 'no answer within 10000 ms')],
])('does not try again when the agent %s and the clock is right all the same', async (_, failure) => {
  const { context, domains, times } = guestThat(failure)
  domains.time = async () => new Date()
  expect(await setClock(context, slot)).toBe('set')
  expect(times()).toBe(1)
})

it('says that the agent failed after all tries, with the last reason', async () => {
  const { context, times } = guestThat(busy, busy, new ConnectionError('timeout', 'no answer'), busy)
  await expect(setClock(context, slot)).rejects.toMatchObject({
    code: 'guest_agent_failed',
    message: expect.stringContaining('no answer'),
  })
  expect(times()).toBe(3)
})

it.each([
  ['the guest is gone', libvirtError(errorCodes.noDomain), { code: 'guest_stopped' }],
  ['libvirt is away', new ConnectionError('lost', 'gone'), { failure: 'lost' }],
])('does not try again when %s', async (_, failure, told) => {
  const { context, times } = guestThat(failure)
  await expect(setClock(context, slot)).rejects.toMatchObject(told)
  expect(times()).toBe(1)
})
