// A real QEMU that leaves while its memory is being sent. Broken builds that this catches: a reset connection told as a
// bug of ours, QEMU's own words lost with the slot, a slot left behind.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@bramble/contracts'
import type { DesiredSource, Digest, Probe } from '@bramble/contracts'
import type { Driver } from '../driver.ts'
import type { ImageCache } from '../../images/image-cache.ts'
import { newSlot, pushTinyGuest, startLibvirtBench } from './libvirt.fixture.ts'
import type { LibvirtBench } from './libvirt.fixture.ts'

const memoryBytes = 128 * 1024 ** 2
const limitMs = 120_000
const probe: Probe = {
  ...{ kind: 'http', port: 80, path: '/', expectStatus: 200 },
  ...{ timeoutSeconds: 60, intervalMs: 50 },
}

let bench: LibvirtBench
let node: { driver: Driver; images: ImageCache; stateDir: string }
beforeAll(async () => {
  bench = await startLibvirtBench()
  node = await bench.openNode('n1')
}, limitMs)
afterAll(() => bench?.dispose(), limitMs)

async function start(source: DesiredSource) {
  const publish = [{ guestPort: 80, protocol: 'tcp' as const }]
  const instance = { id: newId('instance'), name: 'vm', source, memoryBytes, cpus: 1, publish, probe }
  const slot = await newSlot(publish)
  await node.driver.start({ instance, slot }, () => {})
  return { instance: instance.id, slot }
}

async function makeBase(): Promise<Digest> {
  const vm = await start({ kind: 'disk', disk: await pushTinyGuest(bench), machine: { memoryBytes, cpus: 1 } })
  await node.driver.waitReady(vm.slot, probe, AbortSignal.timeout(limitMs))
  const workDir = join(node.stateDir, 'capture')
  await mkdir(workDir)
  const artifact = await node.driver.capture({ ...vm, kind: 'base', workDir }, () => {})
  await node.images.pushArtifact(artifact, 'bases')
  await node.driver.destroy(vm.slot)
  return artifact.captured.digest
}

it(
  'says what QEMU said when it refuses the stream, and leaves nothing',
  async () => {
    const base = await makeBase()
    const { statePath } = await node.images.base(base)
    // More than a socket holds: QEMU is gone long before the end.
    await writeFile(statePath, Buffer.alloc(64 * 1024 ** 2, 'no migration stream'))
    const detail = expect.stringMatching(/QEMU ended the connection.*log ends with: .*migration/i)
    await expect(start({ kind: 'synthesis', base })).rejects.toMatchObject({
      code: 'hypervisor_failed',
      message: detail,
    })
    expect(await node.driver.listDomains()).toEqual([])
    expect(await readdir(join(node.stateDir, 'slots'))).toEqual([])
  },
  limitMs,
)
