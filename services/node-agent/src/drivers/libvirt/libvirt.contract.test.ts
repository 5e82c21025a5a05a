import { driverContract } from '../driver.contract.ts'
import type { DriverEnv } from '../driver.contract.ts'
import type { Slot } from '../driver.ts'
import { domainRef } from './domain-ref.ts'
import { freePort, pushTinyGuest, startLibvirtBench } from './libvirt.fixture.ts'

const memoryBytes = 128 * 1024 ** 2

async function makeEnv(): Promise<DriverEnv> {
  const bench = await startLibvirtBench()
  const disk = await pushTinyGuest(bench)
  return {
    openDriver: async () => (await bench.openNode('n1')).driver,
    template: {
      source: { kind: 'disk', disk, machine: { memoryBytes, cpus: 1 } },
      ...{ memoryBytes, cpus: 1 },
      publish: [{ guestPort: 80, protocol: 'tcp' }],
      probe: { kind: 'http', port: 80, path: '/', expectStatus: 200, timeoutSeconds: 100, intervalMs: 50 },
    },
    tooMuchMemoryBytes: 1024 ** 5,
    pause: (slot) => bench.virsh.domains.suspend(domainRef(slot)),
    stop: (slot) => bench.virsh.domains.destroy(domainRef(slot)),
    ask: async (slot: Slot) => (await fetch(`http://127.0.0.1:${slot.forwards[0]!.hostPort}/`)).text(),
    freePort,
    dispose: () => bench.dispose(),
  }
}

driverContract('libvirt', makeEnv)
