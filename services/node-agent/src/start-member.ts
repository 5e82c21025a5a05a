// One node of the process, from its name to a running agent: it is let in, connects to the broker, and works.
import { systemClock } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import { isAway } from './acts/is-away.ts'
import { AgentConfig } from './config.ts'
import { connectNode } from './connect-node.ts'
import type { AskMaster } from './identity/ask-master.ts'
import type { NodeIdentity } from './identity/identity-files.ts'
import { joinNode } from './identity/join-node.ts'
import { keepTrying } from './keep-trying.ts'
import type { ListenerPlace } from './listener/start-listener.ts'
import type { NodeParts, RunningNode } from './nodes/node-parts.ts'
import { startLibvirtNode } from './nodes/start-libvirt-node.ts'
import { startSimulatedNode } from './nodes/start-simulated-node.ts'
import type { Member, NodeAgentSettings } from './settings.ts'
import { createTroubles } from './troubles.ts'
import type { Troubles } from './troubles.ts'
import { version } from './version.ts'

/** What the nodes of a process have in common. */
export interface Household {
  settings: NodeAgentSettings
  /** At which others find this host. */
  address: string
  ask: AskMaster
  /** How it stands with the master. */
  troubles: Pick<Troubles, 'list'>
  logger: Logger
  stopping: AbortSignal
}

/** Waits until the node is let in, and a real one for its hypervisor. @throws when it will never be let in */
export async function startMember(member: Member, household: Household): Promise<RunningNode> {
  const { settings, address, stopping } = household
  const logger = household.logger.child({ node: member.node })
  const troubles = createTroubles({ clock: systemClock, logger })
  const { join, cluster } = settings
  const joined = await joinNode({ ...household, ...member, token: join.token, cluster, troubles, logger })
  const bus = connectNode({ joined, troubles, logger: household.logger.child({ node: joined.identity.node }) })
  const told = { list: () => [...household.troubles.list(), ...troubles.list()] }
  const parts = {
    ...partsOf(member, joined.identity, { settings, address }),
    bus,
    troubles: told,
    logger: household.logger,
  }
  try {
    const onFailure = (reason: string) => troubles.note('hypervisor unreachable', reason)
    const isFinal = (error: unknown) => !isAway(error)
    const node = await keepTrying(() => startNode(member, parts, settings), { onFailure, isFinal, stopping })
    troubles.note('hypervisor unreachable', undefined)
    return { ...node, stop: () => node.stop().finally(bus.close) }
  } catch (error) {
    await bus.close()
    throw error
  }
}

const startNode = ({ driver }: Member, parts: NodeParts, settings: NodeAgentSettings): Promise<RunningNode> =>
  driver === 'libvirt' ? startLibvirtNode(parts, settings) : startSimulatedNode(parts, settings.simulated)

type Place = Pick<Household, 'settings' | 'address'>

function partsOf(member: Member, identity: NodeIdentity, { settings, address }: Place) {
  const { ports, limits, master } = settings
  return {
    config: AgentConfig.parse({
      ...{ node: identity.node, stateDir: member.stateDir },
      ...{ ports: { address, ...ports }, advertisedAddress: address, limits },
    }),
    registry: { url: master.url, token: () => identity.nodeToken },
    ...(member.listens && { listener: listenerOf(identity, { settings, address }) }),
    version,
  }
}

function listenerOf(identity: NodeIdentity, { settings, address }: Place): ListenerPlace {
  const { key, certificate, caCertificate: ca } = identity
  return { advertisedHost: address, ...settings.listener, trust: { kind: 'certificates', key, certificate, ca } }
}
