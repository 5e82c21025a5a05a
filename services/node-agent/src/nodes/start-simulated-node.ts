import { createSimulatedDriver } from '../drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from '../drivers/simulated/simulated-hypervisor.ts'
import type { SimulatedHostOptions } from '../drivers/simulated/simulated-hypervisor.ts'
import { pushArtifact } from '../images/push-artifact.ts'
import { createRegistryClient } from '../images/registry-client.ts'
import { memoryStorage } from '../ledger/memory-storage.ts'
import { startAgent } from '../start.ts'
import type { NodeParts, RunningNode } from './node-parts.ts'

/** A node whose VMs are pretended, and live as long as this process; so does its ledger. */
export async function startSimulatedNode(parts: NodeParts, host: SimulatedHostOptions): Promise<RunningNode> {
  const { config, bus, listener, troubles, version } = parts
  const registry = createRegistryClient(parts.registry)
  const driver = createSimulatedDriver(createSimulatedHypervisor({ ...host, hostname: config.node }))
  const closing = new AbortController()
  const { health, stop } = await startAgent({
    ...{ config, bus, driver, version },
    pushArtifact: (artifact, repository, onProgress) =>
      pushArtifact({ registry, artifact, repository, onProgress, signal: closing.signal }),
    logger: parts.logger.child({ node: config.node }),
    storage: memoryStorage(),
    ...(listener && { listener }),
    ...(troubles && { troubles }),
  })
  return {
    health,
    stop: async () => {
      await stop()
      closing.abort()
      await driver.close()
    },
  }
}
