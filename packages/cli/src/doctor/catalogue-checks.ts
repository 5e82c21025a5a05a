import { type Check, ok, warning } from './check.ts'

// What a cloudlet needs before it can be of use to anybody.

const noBase: Check = {
  id: 'no-base',
  find: async ({ client }) => {
    const { items } = await client.bases.list({ query: { limit: 1 } })
    if (items.length > 0) return ok('there are some')
    return warning('there is no base VM', 'bramble base create, or scripts/sample for one to try things with.')
  },
}

const noService: Check = {
  id: 'no-service',
  find: async ({ client }) => {
    const { items } = await client.services.list({ query: { limit: 1 } })
    if (items.length > 0) return ok('there are some')
    return warning('the catalogue is empty', 'bramble service create, or scripts/sample for one to try things with.')
  },
}

const invitationExpired: Check = {
  id: 'invitation-expired',
  find: async ({ client, host, probe }) => {
    const now = new Date(host.now().getTime() + (await probe()).aheadMs).toISOString()
    const { items } = await client.invitations.list({ query: { limit: 1000 } })
    const late = items.filter(({ used, uses, expiresAt }) => used < uses && expiresAt <= now)
    if (late.length === 0) return ok('none')
    const names = late.map(({ id, node, expiresAt }) => `${node ?? id} at ${expiresAt}`).join(', ')
    return warning(`expired before they were used up: ${names}`, 'Invite again: bramble node invite.')
  },
}

export const catalogueChecks: Check[] = [noBase, noService, invitationExpired]
