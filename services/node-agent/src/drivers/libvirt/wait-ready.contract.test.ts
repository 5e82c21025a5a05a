import { newId } from '@bramble/contracts'
import type { DesiredInstance, Probe } from '@bramble/contracts'
import { newSlot, pushTinyGuest, startLibvirtBench } from './libvirt.fixture.ts'
import type { LibvirtBench } from './libvirt.fixture.ts'

const memoryBytes = 128 * 1024 ** 2
const publish = [{ guestPort: 2323, protocol: 'tcp' as const }]
const probe: Probe = {
  ...{ kind: 'banner', port: 2323, protocol: 'tcp', expect: 'BRAMBLE ' },
  ...{ timeoutSeconds: 100, intervalMs: 100 },
}

let bench: LibvirtBench
beforeAll(async () => void (bench = await startLibvirtBench()), 60_000)
afterAll(() => bench?.dispose())

it('hears a service that speaks first through passt', async () => {
  const disk = await pushTinyGuest(bench)
  const { driver } = await bench.openNode('n1')
  const slot = await newSlot(publish)
  const source: DesiredInstance['source'] = { kind: 'disk', disk, machine: { memoryBytes, cpus: 1 } }
  const instance = { id: newId('instance'), name: 'speaker', source, memoryBytes, cpus: 1, publish, probe }
  await driver.start({ instance, slot }, () => {})
  try {
    await driver.waitReady(slot, probe, AbortSignal.timeout(120_000))
  } finally {
    await driver.destroy(slot)
  }
}, 200_000)
