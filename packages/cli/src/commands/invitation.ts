import type { Invitation, InvitationId } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Shape } from '../output/format.ts'
import { formatLabels } from '../parse/label.ts'
import { removeEach } from './remove-each.ts'
import { addList, addShow } from './verbs.ts'

const invitationShape: Shape<Invitation> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'id', text: (it) => it.id },
    { name: 'cluster', text: (it) => it.cluster },
    { name: 'node', text: (it) => it.node ?? (it.fleet ? `${it.fleet}-*` : 'any') },
    { name: 'used', text: (it) => `${it.used} of ${it.uses}` },
    { name: 'refused', text: (it) => String(it.refused) },
    { name: 'needs-approval', text: (it) => (it.needsApproval ? 'yes' : 'no') },
    { name: 'expires', text: (it) => it.expiresAt },
    { name: 'labels', text: (it) => formatLabels(it.labels), hidden: true },
    { name: 'created-by', text: (it) => it.createdBy, hidden: true },
  ],
}

export const addInvitationCommands = (program: Command): void => {
  const noun = program.command('invitation').description('leave for hosts to join; made by `bramble node invite`')
  addList(noun, { what: 'invitations', shape: invitationShape, list: (session) => session.client.invitations.list })
  addShow(noun, {
    what: 'one invitation',
    shape: invitationShape,
    show: (session, id) => session.client.invitations.show({ params: { invitation: id as InvitationId } }),
  })
  removeEach(noun, 'invitations: their tokens let nobody in any more', (session, id) =>
    session.client.invitations.remove({ params: { invitation: id as InvitationId } }),
  )
}
