import { join } from 'node:path'
import { asking } from '../drivers/libvirt/as-problem.ts'
import { createLibvirtDriver } from '../drivers/libvirt/libvirt-driver.ts'
import { createImageCache } from '../images/image-cache.ts'
import { createNeighbours } from '../images/neighbours.ts'
import { createRegistryClient } from '../images/registry-client.ts'
import { startAgent } from '../start.ts'
import type { Agent } from '../start.ts'
import type { NodeParts, RunningNode } from './node-parts.ts'

export interface LibvirtHost {
  libvirtSocket: string
  /** Memory that instances never get. */
  reservedMemoryBytes: number
}

/**
 * A node with real VMs. Where agents know each other by certificates, it shares images with its neighbours. Rejects with
 * `unavailable` while there is no hypervisor.
 */
export async function startLibvirtNode(parts: NodeParts, host: LibvirtHost): Promise<RunningNode> {
  const { config, bus, listener, registry, troubles, version } = parts
  const { stateDir } = config
  const log = parts.logger.child({ node: config.node })
  // The agent asks for images before it has quite started.
  const started: { agent?: Agent } = {}
  const certificate = listener?.trust.kind === 'certificates' ? listener.trust.held : undefined
  const named = () => started.agent?.desired()?.neighbours ?? []
  const images = await createImageCache({
    dir: join(stateDir, 'images'),
    registry: createRegistryClient(registry),
    log,
    ...(certificate && { neighbours: createNeighbours({ named, certificate, log }) }),
  })
  const { libvirtSocket: socketPath, reservedMemoryBytes: memoryReserveBytes } = host
  const options = { stateDir, images, log, connection: { socketPath }, memoryReserveBytes }
  const driver = await asking('connecting to libvirt', () => createLibvirtDriver(options))
  const { pushArtifact, shelf } = images
  const agent = await startAgent({
    ...{ config, bus, driver, pushArtifact, version, logger: log },
    deadlinesFile: join(stateDir, 'deadlines'),
    ...(listener && { listener: { ...listener, ...(certificate && { blobs: shelf }) } }),
    ...(troubles && { troubles }),
  })
  started.agent = agent
  return {
    health: agent.health,
    stop: async () => {
      await agent.stop()
      await driver.close()
      await images.close()
    },
  }
}
