import { routes } from '@bramble/contracts'
import type { InvitationId } from '@bramble/contracts'
import { findDocument } from '../app/find-document.ts'
import { inviteNode } from '../app/invite-node.ts'
import { showInvitation } from '../join/find-invitation.ts'
import { callerOf } from './caller-of.ts'
import { listShown } from './list-shown.ts'
import type { Api } from './serve.ts'

export function serveInvitations({ serve, master }: Api): void {
  const { invitations } = master.records
  serve(routes.invitations.list, ({ query }) => listShown(Array.from(invitations.values(), showInvitation), query))
  serve(routes.invitations.show, ({ params }) => showInvitation(find(params.invitation)))
  serve(routes.invitations.create, (call) => inviteNode(master, callerOf(call), call.body))
  serve(routes.invitations.remove, async ({ params }) => {
    await invitations.remove(find(params.invitation).id)
  })

  function find(id: InvitationId) {
    return findDocument(invitations, 'invitation', id)
  }
}
