import { chmod, readdir } from 'node:fs/promises'
import { connectLibvirt } from '@bramble/libvirt'
import type { Libvirt } from '@bramble/libvirt'
import { makeTempFolder, startPrivateLibvirt } from '@bramble/testkit'
import { runTestGuest } from './run-test-guest.ts'

let hypervisor: Awaited<ReturnType<typeof startPrivateLibvirt>>
let folder: Awaited<ReturnType<typeof makeTempFolder>>
let libvirt: Libvirt

beforeAll(async () => {
  folder = await makeTempFolder()
  await chmod(folder.path, 0o711)
  hypervisor = await startPrivateLibvirt()
  libvirt = await connectLibvirt({ socketPath: hypervisor.socketPath })
}, 60_000)
afterAll(async () => {
  await libvirt?.close()
  await hypervisor?.stop()
  await folder?.[Symbol.asyncDispose]()
})

const guest = () => ({ arch: 'x86_64', virtType: 'qemu', owner: 'test', dir: folder.path }) as const
const leftOver = async () => [...(await libvirt.domains.list()), ...(await readdir(folder.path))]

it('knows a guest that ran to its end', async () => {
  expect(await runTestGuest(libvirt, { ...guest(), timeLimitMs: 30_000 })).toBeUndefined()
  expect(await leftOver()).toEqual([])
}, 60_000)

it('knows a guest that hangs, and ends it', async () => {
  const code = Buffer.from([0xeb, 0xfe])
  expect(await runTestGuest(libvirt, { ...guest(), timeLimitMs: 1500, code })).toMatch(/did not run within 1500 ms/)
  expect(await leftOver()).toEqual([])
}, 60_000)

it('says why a guest cannot be started', async () => {
  expect(await runTestGuest(libvirt, { ...guest(), arch: 'aarch64', timeLimitMs: 1500 })).toMatch(/aarch64/)
  expect(await leftOver()).toEqual([])
})
