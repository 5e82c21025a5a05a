import { brokerServerName } from '@bramble/contracts'
import { connectRabbitMq, describeError } from '@bramble/kit'
import type { Bus, Logger } from '@bramble/kit'
import type { JoinedNode } from './identity/join-node.ts'
import type { Troubles } from './troubles.ts'

export interface ConnectNode {
  joined: JoinedNode
  /** PEM: the authority of the broker, when that is not the cloudlet's own. */
  brokerCa?: string | undefined
  troubles: Pick<Troubles, 'note'>
  logger: Logger
}

/** The bus of a node that has joined. It connects by itself, with new access when the broker refuses the old. */
export function connectNode({ joined, brokerCa, troubles, logger }: ConnectNode): Bus {
  const { identity, access } = joined
  const bus = connectRabbitMq({
    url: brokerUrl(access),
    name: `node.${identity.node}`,
    trust: { ca: brokerCa ?? identity.caCertificate, serverName: brokerServerName },
    renewLogin: joined.renewAccess,
    logger,
  })
  return notingTroubles(bus, troubles)
}

function brokerUrl({ urls, user, password }: JoinedNode['access']): string {
  const url = new URL(urls[0]!)
  url.username = encodeURIComponent(user)
  url.password = encodeURIComponent(password)
  return url.href
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
