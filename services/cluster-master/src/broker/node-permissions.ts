// What a node's user may do at the broker (https://www.rabbitmq.com/docs/access-control): read its own queue, and
// publish reports and facts under its own key. The permissions name the exchanges; without those on topics beside them
// one node could publish another's facts. Nobody but the master may write to `amq.default`, which reaches any queue. A
// discovery service's user may do the same with reports alone.
import { topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'

const { reports, facts } = topology.exchanges
const nothing = '^$'
/** Ids of nodes are DNS labels: only the dots between the parts mean something in a pattern. */
const escape = (text: string) => text.replaceAll('.', '\\.')

const tellsFacts = (key: ReceiverKey) => key.startsWith('node.')

export const permissionsOf = (key: ReceiverKey) => ({
  configure: nothing,
  write: `^(${(tellsFacts(key) ? [reports, facts] : [reports]).map(({ name }) => name).join('|')})$`,
  read: `^${escape(topology.queues.desired(key).name)}$`,
})

export const topicPermissionsOf = (receiver: ReceiverKey) => {
  const key = escape(receiver)
  const ofFacts = tellsFacts(receiver) ? `^${key}\\.` : nothing
  return [
    { exchange: reports.name, write: `^${key}$`, read: nothing },
    { exchange: facts.name, write: ofFacts, read: nothing },
  ]
}
