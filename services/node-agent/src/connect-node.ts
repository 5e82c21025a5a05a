import { brokerServerName, receiverKey } from '@bramble/contracts'
import type { BrokerAccess } from '@bramble/contracts'
import { connectRabbitMq, describeError, isRetryable, joinBrokerUrls, shareRabbitMq } from '@bramble/kit'
import type { Bus, Logger, SharedRabbitMq } from '@bramble/kit'
import type { JoinedNode } from './identity/join-node.ts'
import type { Troubles } from './troubles.ts'

export interface ConnectNode {
  joined: JoinedNode
  /** PEM: the authority of the broker, when that is not the cloudlet's own. */
  brokerCa?: string | undefined
  troubles: Pick<Troubles, 'note'>
  logger: Logger
}

/** The buses of the nodes of a process. */
export interface Connections {
  /** Connects by itself, with new access when the broker refuses the old. */
  connect(node: ConnectNode): Bus
  /** The buses are to be closed before. */
  close(): Promise<void>
}

/** A broker lets a connection have some 2000 channels, and each node takes one. */
const nodesPerConnection = 1000

interface Share {
  connection: SharedRabbitMq
  /** Those that asked for it. */
  nodes: JoinedNode[]
}

/** A node has a connection of its own, but nodes that have one user, those of a fleet, share some. */
export function createConnections(): Connections {
  const shares = new Map<string, Share[]>()

  const shareOf = ({ joined, brokerCa, logger }: ConnectNode): Share => {
    const { user } = joined.access
    const all = shares.get(user) ?? []
    shares.set(user, all)
    const last = all.at(-1)
    if (last && last.nodes.length < nodesPerConnection) return last
    const nodes: JoinedNode[] = []
    const trust = trustOf(joined, brokerCa)
    const options = { url: joinBrokerUrls(joined.access), name: `${user} ${all.length + 1}`, trust, logger }
    const share = { nodes, connection: shareRabbitMq({ ...options, renewLogin: () => askForAny(nodes) }) }
    all.push(share)
    return share
  }
  return {
    connect: (node) => {
      const { joined, brokerCa, logger, troubles } = node
      const own = receiverKey('node', joined.identity.node)
      if (joined.access.user === own) {
        const options = { url: joinBrokerUrls(joined.access), name: own, trust: trustOf(joined, brokerCa), logger }
        return notingTroubles(connectRabbitMq({ ...options, renewLogin: joined.renewAccess }), troubles)
      }
      const share = shareOf(node)
      share.nodes.push(joined)
      return notingTroubles(share.connection.bus(), troubles)
    },
    close: async () => {
      await Promise.all([...shares.values()].flat().map(({ connection }) => connection.close()))
    },
  }
}

const trustOf = ({ identity }: JoinedNode, brokerCa: string | undefined) => ({
  ca: brokerCa ?? identity.caCertificate,
  serverName: brokerServerName,
})

/** Some of them may be retired by now. @throws why there is none for the last of them */
async function askForAny(nodes: readonly JoinedNode[]): Promise<BrokerAccess> {
  let refusal: unknown
  for (const node of nodes) {
    try {
      return await node.askAccess()
    } catch (error) {
      if (isRetryable(error)) throw error
      refusal = error
    }
  }
  throw refusal
}

/** Reports are sent all the time: by them it is known how it stands with the broker. */
const notingTroubles = (bus: Bus, troubles: Pick<Troubles, 'note'>): Bus => ({
  ...bus,
  publishReport: async (key, report) => {
    try {
      await bus.publishReport(key, report)
      troubles.note('broker unreachable', undefined)
    } catch (error) {
      troubles.note('broker unreachable', describeError(error))
      throw error
    }
  },
})
