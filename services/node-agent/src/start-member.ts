// One node of the process, from its name to a running agent: it is let in, connects to the broker, and works.
import { createTaskSet, systemClock, undoStack } from '@bramble/kit'
import type { Logger, UndoStack } from '@bramble/kit'
import { isAway } from './acts/is-away.ts'
import { AgentConfig } from './config.ts'
import type { Connections } from './connect-node.ts'
import { createAskMaster } from './identity/ask-master.ts'
import type { AskMaster } from './identity/ask-master.ts'
import { joinNode } from './identity/join-node.ts'
import type { JoinedNode } from './identity/join-node.ts'
import type { MasterTrust } from './identity/master-trust.ts'
import type { MasterPlace } from './identity/open-master.ts'
import { renewCertificate } from './identity/renew-certificate.ts'
import type { RegistryAccess } from './images/registry-request.ts'
import { keepTrying } from './keep-trying.ts'
import { holdCertificate } from './listener/held-certificate.ts'
import type { HeldCertificate } from './listener/held-certificate.ts'
import type { ListenerPlace } from './listener/start-listener.ts'
import type { NodeParts, RunningNode } from './nodes/node-parts.ts'
import { startLibvirtNode } from './nodes/start-libvirt-node.ts'
import { startSimulatedNode } from './nodes/start-simulated-node.ts'
import type { LocatedSettings, Member } from './settings.ts'
import { createTroubles } from './troubles.ts'
import type { Troubles } from './troubles.ts'
import { version } from './version.ts'

/** What the nodes of a process have in common. */
export interface Household {
  settings: LocatedSettings
  /** At which others find this host. */
  address: string
  master: MasterPlace
  connections: Connections
  /** How it stands with the master. */
  troubles: Pick<Troubles, 'list'>
  logger: Logger
  stopping: AbortSignal
}

/** Waits until the node is let in, and a real one for its hypervisor. @throws when it will never be let in */
export async function startMember(member: Member, household: Household): Promise<RunningNode> {
  const { settings, stopping } = household
  const troubles = createTroubles({ clock: systemClock, logger: household.logger.child({ node: member.node }) })
  const ends = undoStack(household.logger)
  try {
    const parts = await enterCloudlet(member, { ...household, nodeTroubles: troubles }, ends)
    const onFailure = (reason: string) => troubles.note('hypervisor unreachable', reason)
    const isFinal = (error: unknown) => !isAway(error)
    const node = await keepTrying(() => startNode(member, parts, settings), { onFailure, isFinal, stopping })
    troubles.note('hypervisor unreachable', undefined)
    ends.push('stop the agent', node.stop)
    return { health: node.health, stop: async () => void (await ends.unwind()) }
  } catch (error) {
    await ends.unwind()
    throw error
  }
}

const startNode = ({ driver }: Member, parts: NodeParts, settings: LocatedSettings): Promise<RunningNode> =>
  driver === 'libvirt' ? startLibvirtNode(parts, settings) : startSimulatedNode(parts, settings.simulated)

interface Entering extends Household {
  nodeTroubles: Troubles
}

/** What the node is started with, once it is let in: who it is, its bus, its listener. */
async function enterCloudlet(member: Member, context: Entering, ends: UndoStack): Promise<NodeParts> {
  const { settings, address, master, nodeTroubles: troubles } = context
  const { join, cluster, ports, limits } = settings
  const trust = master.trustOfNode()
  const ask = createAskMaster(master.masters, trust)
  const ofHost = { ...context, ask, trust, troubles, logger: context.logger.child({ node: member.node }) }
  const joined = await joinNode({ ...ofHost, ...member, token: join.token, cluster })
  const { node, nodeToken } = joined.identity
  const held = keepCertificate(joined, { ...context, ask, trust }, ends)
  const logger = context.logger.child({ node })
  const bus = context.connections.connect({ joined, brokerCa: master.brokerCa, troubles, logger })
  ends.push('close the bus', bus.close)
  return {
    config: AgentConfig.parse({
      ...{ node, stateDir: member.stateDir, limits },
      ...{ ports: { address, ...ports }, advertisedAddress: address },
    }),
    registry: registryOf(master, trust, nodeToken),
    ...(member.listens && { listener: listenerOf(held, context) }),
    troubles: { list: () => [...context.troubles.list(), ...troubles.list()] },
    ...{ bus, version, logger: context.logger },
  }
}

/** Whichever master serves: they share the blobs. */
const registryOf = ({ masters }: MasterPlace, trust: MasterTrust, nodeToken: string): RegistryAccess => ({
  get url() {
    return masters.current()
  },
  token: () => nodeToken,
  fetch: trust.fetch,
  onFailure: masters.passOver,
})

interface Keeping extends Household {
  ask: AskMaster
  trust: MasterTrust
}

/** The node's certificate, renewed in time for as long as the node runs. */
function keepCertificate({ identity, files }: JoinedNode, { ask, trust, logger }: Keeping, ends: UndoStack) {
  const { key, certificate, caCertificate: ca } = identity
  const held = holdCertificate({ key, certificate, ca })
  held.onRenewed(trust.show)
  const tasks = createTaskSet({ logger })
  tasks.add(renewCertificate({ identity, files, held, ask, clock: systemClock, logger }))
  tasks.start()
  ends.push('renew its certificate no more', tasks.stop)
  return held
}

const listenerOf = (held: HeldCertificate, { settings, address }: Household): ListenerPlace => ({
  advertisedHost: address,
  ...settings.listener,
  trust: { kind: 'certificates', held },
})
