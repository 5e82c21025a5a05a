// A base, an overlay and a service on simulated nodes, which take any blob for a disk.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushDisk } from '@bramble/client'
import type { Client } from '@bramble/client'
import { makeTempFolder } from '@bramble/testkit'
import { launch, remove, succeeded } from './operations.ts'

export const simulatedService = 'org.example.simulated'

export async function makeSimulatedService(client: Client): Promise<void> {
  await using folder = await makeTempFolder()
  const path = join(folder.path, 'disk')
  await writeFile(path, 'a disk of a simulated guest')
  const disk = await pushDisk(client, path)
  const probe = { kind: 'http' as const, port: 80 }
  const source = { kind: 'disk' as const, disk, machine: {}, probe }
  await succeeded(client, client.bases.create({ body: { name: 'simulated', source } }))
  await launch(client, { base: 'simulated', name: 'edit' })
  await succeeded(
    client,
    client.overlays.create({ body: { name: 'simulated', source: { kind: 'instance', instance: 'edit' } } }),
  )
  await remove(client, 'edit')
  const ports = [{ name: 'http', port: 80 }]
  await client.services.create({ body: { id: simulatedService, ports, probe, variants: [{ overlay: 'simulated' }] } })
}
