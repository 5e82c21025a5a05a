// Lets nodes and discovery services in at the broker, and out again. Every step may be done again: a grant that was broken off is completed by
// the next one.
import { randomBytes } from 'node:crypto'
import { receiverKey, topology } from '@bramble/contracts'
import type { ReceiverKey } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { BrokerCredentials, NodeAccess, SiteAccess } from '../app/node-access.ts'
import { createManagementApi } from './management-api.ts'
import type { ManagementAccess, ManagementApi } from './management-api.ts'
import { permissionsOf, topicPermissionsOf } from './node-permissions.ts'

export interface BrokerAdminOptions extends ManagementAccess {
  /** The virtual host of the bus; `/` when absent. */
  vhost?: string
}

export function createBrokerAdmin({ vhost = '/', ...access }: BrokerAdminOptions): Required<NodeAccess> & SiteAccess {
  const api = createManagementApi(access)
  const grant = async (user: ReceiverKey): Promise<BrokerCredentials> => {
    const password = randomBytes(32).toString('base64url')
    await makeQueue(api, vhost, user)
    // A user without permissions can do nothing yet.
    await api.ask('PUT', ['users', user], { password, tags: '' })
    for (const permission of topicPermissionsOf(user)) {
      await api.ask('PUT', ['topic-permissions', vhost, user], permission)
    }
    await api.ask('PUT', ['permissions', vhost, user], permissionsOf(user))
    return { user, password }
  }
  return {
    grant: (node) => grant(receiverKey('node', node)),
    grantSite: (site) => grant(receiverKey('discovery', site)),
    revoke: async (node) => {
      const user = receiverKey('node', node)
      // Ends its connections too.
      await api.ask('DELETE', ['users', user])
      await api.ask('DELETE', ['queues', vhost, topology.queues.desired(user).name])
    },
    check: async () => {
      const self = (await api.ask('GET', ['whoami'])) as { tags?: string[] } | undefined
      if (!self?.tags?.includes('administrator')) throw noAdministrator(access.user)
      if (await api.ask('GET', ['users', 'guest'])) throw hasGuest()
    },
  }
}

async function makeQueue(api: ManagementApi, vhost: string, receiver: ReceiverKey): Promise<void> {
  const { exchange, key, name, arguments: settings } = topology.queues.desired(receiver)
  const { type } = topology.exchanges[exchange]
  await api.ask('PUT', ['exchanges', vhost, exchange], { type, durable: true })
  await api.ask('PUT', ['queues', vhost, name], { durable: true, arguments: settings })
  await api.ask('POST', ['bindings', vhost, 'e', exchange, 'q', name], { routing_key: key })
}

const noAdministrator = (user: string) =>
  new ProblemError('unavailable', `The broker's user ${user} is no administrator: nodes cannot be let in.`, {
    hint: `Run: rabbitmqctl set_user_tags ${user} administrator`,
  })

const hasGuest = () =>
  new ProblemError('unavailable', 'The broker still has its user guest, whose password everybody knows.', {
    hint: 'Run: rabbitmqctl delete_user guest',
  })
