import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { startPrivateLibvirt } from '@bramble/testkit'
import type { PrivateLibvirt } from '@bramble/testkit'
import { connectLibvirt } from './index.ts'
import type { Libvirt } from './index.ts'
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

it('saves a VM to a file and restores it with another XML, paused when asked', async () => {
  const original = tinyDomain('kept', { title: 'before' })
  const { xml: changed } = tinyDomain('kept', { uuid: original.uuid, title: 'after' })
  const path = join(daemon.scratchDir, 'kept.save')

  const domain = await libvirt.domains.createXml(original.xml)
  await libvirt.domains.save(domain, path)
  await expect(libvirt.domains.state(domain)).rejects.toMatchObject({ code: 42 })
  await access(path)
  expect(await libvirt.domains.savedXml(path)).toContain('<title>before</title>')

  await libvirt.domains.restore(path, { xml: changed, flags: ['paused'] })
  const restored = await libvirt.domains.lookupByName('kept')
  expect(restored.uuid).toBe(original.uuid)
  expect(await libvirt.domains.state(restored)).toMatchObject({ state: 'paused' })
  expect(await libvirt.domains.xml(restored)).toContain('<title>after</title>')

  await libvirt.domains.resume(restored)
  expect(await libvirt.domains.state(restored)).toMatchObject({ state: 'running' })
  await libvirt.domains.destroy(restored)
}, 60_000)

it('refuses to restore under another UUID, with libvirt saying so', async () => {
  const path = join(daemon.scratchDir, 'strict.save')
  const domain = await libvirt.domains.createXml(tinyDomain('strict').xml)
  await libvirt.domains.save(domain, path)
  await expect(libvirt.domains.restore(path, { xml: tinyDomain('strict').xml })).rejects.toMatchObject({
    name: 'LibvirtError',
    call: 'domainRestoreFlags',
    message: expect.stringContaining('uuid'),
  })
}, 60_000)
