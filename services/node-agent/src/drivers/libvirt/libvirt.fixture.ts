// A hypervisor, a registry and a driver on them, all of the test's own.
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest, Forward } from '@bramble/contracts'
import { silentLogger } from '@bramble/kit'
import { connectLibvirt } from '@bramble/libvirt'
import { startPrivateLibvirt } from '@bramble/testkit'
import { createImageCache } from '../../images/image-cache.ts'
import type { ImageCache } from '../../images/image-cache.ts'
import { createRegistryClient } from '../../images/registry-client.ts'
import { digestOf, startTestRegistry, testToken } from '../../images/registry.fixture.ts'
import type { Driver, Slot } from '../driver.ts'
import { createLibvirtDriver } from './libvirt-driver.ts'

export type LibvirtBench = Awaited<ReturnType<typeof startLibvirtBench>>

export async function startLibvirtBench() {
  const dir = await mkdtemp(join(tmpdir(), 'bramble-'))
  await chmod(dir, 0o711)
  const hypervisor = await startPrivateLibvirt()
  const registry = await startTestRegistry()
  const connection = { socketPath: hypervisor.socketPath }
  const virsh = await connectLibvirt(connection)
  const client = createRegistryClient({ url: registry.url, token: () => testToken })
  const opened: (() => Promise<void>)[] = []
  const qemuLogDir = join(hypervisor.stateDir, 'log/qemu')

  return {
    dir,
    hypervisor,
    registry,
    qemuLogDir,
    /** The hypervisor itself, past the driver. */
    virsh,
    /** A node: its own folder below `dir`, its own cache. */
    async openNode(node: string): Promise<{ driver: Driver; images: ImageCache; stateDir: string }> {
      const stateDir = join(dir, node)
      await mkdir(stateDir, { recursive: true })
      const [log, memoryReserveBytes] = [silentLogger(), 0]
      const images = await createImageCache({ dir: stateDir, registry: client, log, reserveBytes: 0 })
      opened.push(() => images.close())
      const options = { stateDir, images, log, connection, qemuLogDir, memoryReserveBytes }
      const driver = await createLibvirtDriver(options)
      opened.push(() => driver.close())
      return { driver, images, stateDir }
    },
    async dispose(): Promise<void> {
      for (const close of opened.reverse()) await close()
      await virsh.close()
      await hypervisor.stop()
      await registry[Symbol.asyncDispose]()
      await rm(dir, { recursive: true })
    },
  }
}

/** The tiny guest's disk, pushed to the registry. Built from Debian packages once, then kept in the machine's cache. */
export async function pushTinyGuest({ dir, registry }: LibvirtBench): Promise<Digest> {
  const path = join(dir, 'tiny.qcow2')
  const build = join(import.meta.dirname, '../../../../../scripts/guest/build')
  const builder = spawn(build, ['tiny', path], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = await once(builder, 'exit')
  if (status !== 0) throw new Error(`scripts/guest/build ended with ${status}`)
  const image = await readFile(path)
  const digest = digestOf(image)
  registry.blobs.set(digest, image)
  return digest as Digest
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export async function newSlot(guestPorts: Pick<Forward, 'guestPort' | 'protocol'>[]): Promise<Slot> {
  const forwards: Forward[] = []
  for (const port of guestPorts) forwards.push({ ...port, hostAddress: '127.0.0.1', hostPort: await freePort() })
  return { id: randomBytes(8).toString('hex'), domainUuid: randomUUID(), forwards }
}
