// What a node's user may do at the broker (https://www.rabbitmq.com/docs/access-control): read its own queue, and
// publish reports and facts under its own key. The permissions name the exchanges; without those on topics beside them
// one node could publish another's facts. Nobody but the master may write to `amq.default`, which reaches any queue.
import { receiverKey, topology } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'

const { reports, facts } = topology.exchanges
const nothing = '^$'
/** Ids of nodes are DNS labels: only the dots between the parts mean something in a pattern. */
const escape = (text: string) => text.replaceAll('.', '\\.')

export const permissionsOf = (node: NodeId) => ({
  configure: nothing,
  write: `^(${reports.name}|${facts.name})$`,
  read: `^${escape(topology.queues.desired(receiverKey('node', node)).name)}$`,
})

export const topicPermissionsOf = (node: NodeId) => {
  const key = escape(receiverKey('node', node))
  return [
    { exchange: reports.name, write: `^${key}$`, read: nothing },
    { exchange: facts.name, write: `^${key}\\.`, read: nothing },
  ]
}
