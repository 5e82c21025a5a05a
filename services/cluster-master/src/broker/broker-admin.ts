// Lets nodes and discovery services in at the broker, and out again. Every step may be done again: a grant that was broken off is completed by
// the next one.
import { randomBytes } from 'node:crypto'
import { receiverKey, topology } from '@bramble/contracts'
import type { FleetName, ReceiverKey } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { BrokerCredentials, NodeAccess, SiteAccess } from '../app/node-access.ts'
import { createManagementApi } from './management-api.ts'
import { makeQueue } from './make-queue.ts'
import type { ManagementAccess } from './management-api.ts'
import { permissionsOf, topicPermissionsOf, userOf } from './node-permissions.ts'
import type { Speaker } from './node-permissions.ts'

export interface BrokerAdminOptions extends ManagementAccess {
  /** The virtual host of the bus; `/` when absent. */
  vhost?: string
}

export function createBrokerAdmin({ vhost = '/', ...access }: BrokerAdminOptions): Required<NodeAccess> & SiteAccess {
  const api = createManagementApi(access)
  const fleetPasswords = new Map<FleetName, string>()

  /** A user without permissions can do nothing yet. */
  const makeUser = async (speaker: Speaker, password: string): Promise<BrokerCredentials> => {
    const user = userOf(speaker)
    await api.ask('PUT', ['users', user], { password, tags: '' })
    for (const permission of topicPermissionsOf(speaker)) {
      await api.ask('PUT', ['topic-permissions', vhost, user], permission)
    }
    await api.ask('PUT', ['permissions', vhost, user], permissionsOf(speaker))
    return { user, password }
  }
  const grant = async (receiver: ReceiverKey) => {
    await makeQueue(api, vhost, receiver)
    return makeUser({ receiver }, newPassword())
  }
  return {
    grant: (node) => grant(receiverKey('node', node)),
    grantSite: (site) => grant(receiverKey('discovery', site)),
    grantInFleet: async (node, fleet) => {
      await makeQueue(api, vhost, receiverKey('node', node))
      const known = fleetPasswords.get(fleet)
      const password = known ?? newPassword()
      fleetPasswords.set(fleet, password)
      const user = userOf({ fleet })
      // It is made by the first of thousands of nodes, and again where the broker has lost it.
      const isComplete = known && ((await api.ask('GET', ['users', user, 'permissions'])) as unknown[] | undefined)
      return isComplete && isComplete.length > 0 ? { user, password } : makeUser({ fleet }, password)
    },
    revoke: async (node) => {
      const user = receiverKey('node', node)
      // Ends its connections too.
      await api.ask('DELETE', ['users', user])
      await api.ask('DELETE', ['queues', vhost, topology.queues.desired(user).name])
    },
    revokeFleet: async (fleet) => {
      fleetPasswords.delete(fleet)
      await api.ask('DELETE', ['users', userOf({ fleet })])
    },
    check: async () => {
      const self = (await api.ask('GET', ['whoami'])) as { tags?: string[] } | undefined
      if (!self?.tags?.includes('administrator')) throw noAdministrator(access.user)
      if (await api.ask('GET', ['users', 'guest'])) throw hasGuest()
    },
  }
}

const newPassword = () => randomBytes(32).toString('base64url')

const noAdministrator = (user: string) =>
  new ProblemError('unavailable', `The broker's user ${user} is no administrator: nodes cannot be let in.`, {
    hint: `Run: rabbitmqctl set_user_tags ${user} administrator`,
  })

const hasGuest = () =>
  new ProblemError('unavailable', 'The broker still has its user guest, whose password everybody knows.', {
    hint: 'Run: rabbitmqctl delete_user guest',
  })
