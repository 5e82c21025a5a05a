import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { InvitationId } from '../v1/ids.ts'
import { CreatedInvitation, CreateInvitation, Invitation } from '../v1/invitation.ts'
import { listQueryOf, pageOf } from '../v1/page.ts'
import { operators } from '../v1/role.ts'

const params = z.object({ invitation: InvitationId })

export const invitationRoutes = {
  list: defineRoute({
    id: 'invitations.list',
    method: 'get',
    path: '/v1/invitations',
    summary: 'List the invitations, without their tokens; expired ones are kept for a day',
    tag: 'invitations',
    roles: operators,
    query: listQueryOf(Invitation),
    status: 200,
    answer: pageOf(Invitation),
  }),
  show: defineRoute({
    id: 'invitations.show',
    method: 'get',
    path: '/v1/invitations/:invitation',
    summary: 'Show one invitation',
    tag: 'invitations',
    roles: operators,
    params,
    status: 200,
    answer: Invitation,
  }),
  create: defineRoute({
    id: 'invitations.create',
    method: 'post',
    path: '/v1/invitations',
    summary: 'Invite hosts to join as nodes; the token is in this answer and nowhere else',
    tag: 'invitations',
    roles: operators,
    body: CreateInvitation,
    status: 201,
    answer: CreatedInvitation,
  }),
  remove: defineRoute({
    id: 'invitations.remove',
    method: 'delete',
    path: '/v1/invitations/:invitation',
    summary: 'Take an invitation back; nodes that joined with it stay',
    tag: 'invitations',
    roles: operators,
    params,
    status: 204,
  }),
}
