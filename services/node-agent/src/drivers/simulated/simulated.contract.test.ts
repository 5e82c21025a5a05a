import { digestOf } from '../../world.fixture.ts'
import { driverContract } from '../driver.contract.ts'
import { createSimulatedDriver } from './simulated-driver.ts'
import { createSimulatedHypervisor } from './simulated-hypervisor.ts'

driverContract('simulated', async () => {
  const host = createSimulatedHypervisor()
  let nextPort = 20_000
  return {
    openDriver: async () => createSimulatedDriver(host),
    template: {
      source: { kind: 'synthesis', base: digestOf('a'), overlay: digestOf('b') },
      memoryBytes: 64 * 1024 ** 2,
      cpus: 1,
      publish: [{ guestPort: 80, protocol: 'tcp' }],
      probe: { kind: 'http', port: 80, path: '/', expectStatus: 200, timeoutSeconds: 10, intervalMs: 10 },
    },
    tooMuchMemoryBytes: host.options.memoryBytes + 1,
    pause: async ({ id }) => host.pauseVm(id),
    stop: async ({ id }) => host.stopVm(id),
    freePort: async () => nextPort++,
    dispose: async () => expect(host.vms.size).toBe(0),
  }
})
