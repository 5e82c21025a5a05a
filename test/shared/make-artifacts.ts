// The tiny guest as base, overlay and service, made the way users make them.
import { join } from 'node:path'
import { pushDisk } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { CreateService, Digest, Instance, Operation } from '@bramble/contracts'
import { buildTinyGuest, makeTempFolder } from '@bramble/testkit'
import { launch, remove, succeeded } from './operations.ts'
import { askStatus, put, remember } from './guest.ts'
import type { GuestStatus } from './guest.ts'

export const probe = {
  kind: 'http',
  port: 80,
  path: '/cgi-bin/status',
  expectStatus: 200,
  timeoutSeconds: 60,
  intervalMs: 50,
} as const

export const machine = { memoryBytes: 128 * 2 ** 20, cpus: 1 }
export const service = 'org.example.tiny'
export const ports: CreateService['ports'] = [
  { name: 'http', port: 80, protocol: 'tcp' },
  { name: 'echo', port: 7, protocol: 'udp' },
  { name: 'banner', port: 2323, protocol: 'tcp' },
]

/** What the guest was when it was saved. */
export type Saved = Pick<GuestStatus, 'bootId' | 'token' | 'remembered'>

export async function pushTinyGuest(client: Client): Promise<Digest> {
  await using folder = await makeTempFolder()
  const path = join(folder.path, 'tiny.qcow2')
  await buildTinyGuest(path)
  return await pushDisk(client, path)
}

export const createBase = (client: Client, name: string, disk: Digest): Promise<Operation> =>
  client.bases.create({ body: { name, source: { kind: 'disk', disk, machine, probe } } })

export const createOverlay = (client: Client, name: string, instance: string): Promise<Operation> =>
  client.overlays.create({ body: { name, source: { kind: 'instance', instance } } })

/** An instance of a bare base, to be customised. */
export const openEditSession = (client: Client, base: string, name: string): Promise<Instance> =>
  launch(client, { base, name, publish: [{ guestPort: 80 }] })

export const createService = (client: Client, id: string, overlay: string) =>
  client.services.create({ body: { id, ports, probe, variants: [{ overlay }] } })

/** Base `tiny`, overlay `tiny-app` and service `org.example.tiny`; the guest remembers `prepared` and has it on its disk. */
export async function makeArtifacts(client: Client): Promise<Saved> {
  await succeeded(client, createBase(client, 'tiny', await pushTinyGuest(client)))
  const edit = await openEditSession(client, 'tiny', 'edit')
  await remember(edit, 'prepared')
  await put(edit, 'kept', 'prepared')
  const { bootId, token, remembered } = await askStatus(edit)
  await succeeded(client, createOverlay(client, 'tiny-app', 'edit'))
  await createService(client, service, 'tiny-app')
  await remove(client, 'edit')
  return { bootId, token, remembered }
}
