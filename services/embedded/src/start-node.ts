import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { NodeId } from '@bramble/contracts'
import type { RunningMaster } from '@bramble/cluster-master'
import type { Bus, Logger } from '@bramble/kit'
import { AgentConfig, startLibvirtNode, startSimulatedNode } from '@bramble/node-agent'
import type { NodeParts, RunningNode } from '@bramble/node-agent'
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

interface Place {
  id: NodeId
  stateDir: string
  /** Whether consoles and commands are to be had: each listener is a port of this host, too much for a large fleet. */
  listens: boolean
}

/** Registers the node; no joining is needed where master and agent are one process. */
const partsOf = async ({ settings, master, bus, logger, keys }: Shared, place: Place): Promise<NodeParts> => {
  const { id, stateDir, listens } = place
  const { cluster, address, ports } = settings.node
  await master.registerNode({ id, cluster })
  const token = await master.renewNodeToken(id)
  const trust = { kind: 'key', key: keys.of(id) } as const
  return {
    config: AgentConfig.parse({ node: id, stateDir, ports: { address, ...ports }, advertisedAddress: address }),
    registry: { url: master.url, token: () => token },
    ...(listens && { listener: { host: '127.0.0.1', port: 0, trust } }),
    ...{ bus, logger, version },
  }
}

/** The node of this host, with real VMs. */
export const startOwnNode = async (shared: Shared): Promise<RunningNode> => {
  const { settings } = shared
  const place = { id: settings.node.id, stateDir: join(settings.stateDir, 'agent'), listens: true }
  return startLibvirtNode(await partsOf(shared, place), settings.node)
}

/** A simulated node: its VMs live as long as this process. */
export const startPretendedNode = async (shared: Shared, node: Omit<Place, 'stateDir'>): Promise<RunningNode> => {
  const { settings } = shared
  const stateDir = join(settings.stateDir, 'simulated', node.id)
  return startSimulatedNode(await partsOf(shared, { ...node, stateDir }), settings.simulated)
}
