// What a user of a node may do at the broker (https://www.rabbitmq.com/docs/access-control): read the node's own queue, and
// publish reports and facts under its own key. The permissions name the exchanges; without those on topics beside them
// one node could publish another's facts. Nobody but the master may write to `amq.default`, which reaches any queue. A
// discovery service's user may do the same with reports alone.
//
// A fleet's user may do that for all names of the fleet, which nobody else may have: join/fleet-names.ts.
import { receiverKey, topology } from '@bramble/contracts'
import type { FleetName, ReceiverKey } from '@bramble/contracts'

/** Who is let in: one receiver, or a fleet of nodes. */
export type Speaker = { receiver: ReceiverKey } | { fleet: FleetName }

const { reports, facts } = topology.exchanges
const nothing = '^$'
/** Ids of nodes are DNS labels: only the dots between the parts mean something in a pattern. */
const escape = (text: string) => text.replaceAll('.', '\\.')

export const userOf = (speaker: Speaker): string =>
  'receiver' in speaker ? speaker.receiver : `fleet.${speaker.fleet}`

/** All keys that it speaks under, as a pattern without its ends. */
const keysOf = (speaker: Speaker): string =>
  'receiver' in speaker ? escape(speaker.receiver) : `${escape(nodePrefix)}${speaker.fleet}-[0-9]+`

const nodePrefix = receiverKey('node', '')
const queuePrefix = topology.queues.desired(nodePrefix).name.slice(0, -nodePrefix.length)
const tellsFacts = (speaker: Speaker) => 'fleet' in speaker || speaker.receiver.startsWith(nodePrefix)

export const permissionsOf = (speaker: Speaker) => ({
  configure: nothing,
  write: `^(${(tellsFacts(speaker) ? [reports, facts] : [reports]).map(({ name }) => name).join('|')})$`,
  read: `^${escape(queuePrefix)}${keysOf(speaker)}$`,
})

export const topicPermissionsOf = (speaker: Speaker) => {
  const keys = keysOf(speaker)
  const ofFacts = tellsFacts(speaker) ? `^${keys}\\.` : nothing
  return [
    { exchange: reports.name, write: `^${keys}$`, read: nothing },
    { exchange: facts.name, write: ofFacts, read: nothing },
  ]
}
