import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { NodeId } from '@bramble/contracts'
import type { RunningMaster } from '@bramble/cluster-master'
import type { Bus, Logger } from '@bramble/kit'
import {
  AgentConfig,
  createImageCache,
  createLibvirtDriver,
  createRegistryClient,
  createSimulatedDriver,
  createSimulatedHypervisor,
  memoryStorage,
  pushArtifact,
  startAgent,
} from '@bramble/node-agent'
import type { EmbeddedSettings } from './settings.ts'
import { version } from './version.ts'

/** What every node of the process shares. */
export interface Shared {
  settings: EmbeddedSettings
  master: RunningMaster
  bus: Bus
  logger: Logger
  keys: AgentKeys
}

/** The key that the master and a node's agent share: made here, kept in memory, new at every start. */
export interface AgentKeys {
  of: (node: NodeId) => string
}

export const createAgentKeys = (): AgentKeys => {
  const keys = new Map<NodeId, string>()
  return {
    of: (node) => keys.get(node) ?? keys.set(node, randomBytes(32).toString('base64url')).get(node)!,
  }
}

export interface StartedNode {
  /** Ends the agent; its VMs run on. */
  stop: () => Promise<void>
}

const registryOf = ({ url, token }: AgentConfig['master']) => createRegistryClient({ url, token: () => token })

const agentConfig = async ({ settings, master, keys }: Shared, id: NodeId, stateDir: string): Promise<AgentConfig> => {
  const { cluster, address, ports, reservedMemoryBytes } = settings.node
  await master.registerNode({ id, cluster })
  return AgentConfig.parse({
    node: id,
    cluster,
    stateDir,
    master: { url: master.url, token: await master.renewNodeToken(id) },
    ports: { address, ...ports },
    advertisedAddress: address,
    listener: { key: keys.of(id) },
    reservedMemoryBytes,
  })
}

/** The agent of this host, with real VMs. */
export const startLibvirtNode = async (shared: Shared): Promise<StartedNode> => {
  const { settings, bus, logger } = shared
  const { id, libvirtSocket } = settings.node
  const stateDir = join(settings.stateDir, 'agent')
  const config = await agentConfig(shared, id, stateDir)
  const log = logger.child({ node: id })
  const registry = registryOf(config.master)
  const images = await createImageCache({ dir: join(stateDir, 'images'), registry, log })
  const driver = await createLibvirtDriver({
    stateDir,
    images,
    log,
    connection: { socketPath: libvirtSocket },
    memoryReserveBytes: config.reservedMemoryBytes,
  })
  const { pushArtifact } = images
  const agent = await startAgent({ config, bus, driver, pushArtifact, version, logger: log })
  return {
    stop: async () => {
      await agent.stop()
      await driver.close()
      await images.close()
    },
  }
}

export interface SimulatedNode {
  id: NodeId
  /** Whether consoles and commands are to be had: each listener is a port of this host, too much for a large fleet. */
  listens: boolean
}

/** A simulated node: its VMs live as long as this process. */
export const startSimulatedNode = async (shared: Shared, { id, listens }: SimulatedNode): Promise<StartedNode> => {
  const { settings, bus, logger } = shared
  const config = await agentConfig(shared, id, join(settings.stateDir, 'simulated', id))
  const log = logger.child({ node: id })
  const host = createSimulatedHypervisor({ hostname: id, ...settings.simulated })
  const driver = createSimulatedDriver(host)
  const registry = registryOf(config.master)
  const closing = new AbortController()
  const agent = await startAgent({
    config: listens ? config : { ...config, listener: undefined },
    bus,
    driver,
    pushArtifact: (artifact, repository, onProgress) =>
      pushArtifact({ registry, artifact, repository, onProgress, signal: closing.signal }),
    version,
    logger: log,
    storage: memoryStorage(),
  })
  return {
    stop: async () => {
      await agent.stop()
      closing.abort()
      await driver.close()
    },
  }
}
