import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushDisk } from '@bramble/client'
import type { Client } from '@bramble/client'
import { makeTempFolder } from '@bramble/testkit'
import { endedWell, launchedBy } from '../operations.ts'
import type { Operation } from '@bramble/contracts'

export const benchService = 'org.example.bench'

const MiB = 1024 ** 2
const probe = { kind: 'http', port: 80 } as const
const ports = [{ name: 'http', port: 80 }]

/** A base, an overlay of it and a service on that, made the way a person would make them. */
export async function addService(client: Client): Promise<void> {
  const ended = (operation: Operation) => endedWell(client, operation)
  const disk = await pushSomeDisk(client)
  const machine = { memoryBytes: 64 * MiB, cpus: 1 }
  await ended(await client.bases.create({ body: { name: 'bench', source: { kind: 'disk', disk, machine, probe } } }))
  const session = await ended(await client.instances.launch({ body: { name: 'edit', base: 'bench' } }))
  const instance = launchedBy(session)
  await ended(await client.overlays.create({ body: { name: 'bench', source: { kind: 'instance', instance } } }))
  await ended(await client.instances.remove({ params: { instance } }))
  await client.services.create({ body: { id: benchService, ports, probe, variants: [{ overlay: 'bench' }] } })
}

/** Simulated nodes do not look into it. */
async function pushSomeDisk(client: Client) {
  await using folder = await makeTempFolder()
  const path = join(folder.path, 'disk')
  await writeFile(path, Buffer.alloc(MiB))
  return await pushDisk(client, path)
}
