// The guest that is measured: the tiny guest with some 100 MB in its memory that its base has not, half as many once
// compressed, and a page that answers their checksum.
import { pushDisk } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { InstanceId, Overlay } from '@bramble/contracts'
import { buildTinyGuest, makeTempFolder } from '@bramble/testkit'
import { join } from 'node:path'
import { tell } from '../results.ts'
import { endedWell, launchedBy } from '../operations.ts'

export const guestService = 'org.example.guest'
export const memoryBytes = 512 * 1024 ** 2
export const firstAnswer = '/cgi-bin/status'
export const checksum = '/cgi-bin/checksum'

const probe = { kind: 'http', port: 80, path: firstAnswer, intervalMs: 10 } as const
const ports = [{ name: 'http', port: 80 }]

// Digits of random bytes: two for each, so that they compress to about half.
const change = `
head -c 52428800 /dev/urandom | xxd -p > /run/content
md5sum < /run/content > /run/content.md5
cat > /www/cgi-bin/checksum <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
md5sum < /run/content
END
chmod 755 /www/cgi-bin/checksum
cat /run/content.md5
`

export interface Guest {
  overlay: Overlay
  /** Of what its memory holds, as the edit session computed it. */
  checksum: string
}

/** Base, edit session, overlay, service: all through the API. */
export async function makeGuest(client: Client): Promise<Guest> {
  const ended = async (operation: ReturnType<typeof client.instances.launch>) => endedWell(client, await operation)
  tell('building a base')
  const disk = await pushGuestDisk(client)
  const machine = { memoryBytes, cpus: 1 }
  await ended(client.bases.create({ body: { name: 'guest', source: { kind: 'disk', disk, machine, probe } } }))
  tell('changing it')
  const instance = launchedBy(await ended(client.instances.launch({ body: { base: 'guest' } })))
  const content = await changeGuest(client, instance)
  await ended(client.overlays.create({ body: { name: 'guest', source: { kind: 'instance', instance } } }))
  await ended(client.instances.remove({ params: { instance } }))
  await client.services.create({ body: { id: guestService, ports, probe, variants: [{ overlay: 'guest' }] } })
  return { overlay: await client.overlays.show({ params: { overlay: 'guest' } }), checksum: content }
}

async function pushGuestDisk(client: Client) {
  await using folder = await makeTempFolder()
  const path = join(folder.path, 'tiny.qcow2')
  await buildTinyGuest(path)
  return await pushDisk(client, path)
}

async function changeGuest(client: Client, instance: InstanceId): Promise<string> {
  const body = { command: ['/bin/sh', '-c', change], timeoutSeconds: 300 }
  const { exitCode, stdoutBase64, stderrBase64 } = await client.instances.exec({ params: { instance }, body })
  if (exitCode !== 0) throw new Error(`the guest was not changed: ${Buffer.from(stderrBase64, 'base64').toString()}`)
  return Buffer.from(stdoutBase64, 'base64').toString().trim()
}
