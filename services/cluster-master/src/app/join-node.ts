import { canNode } from '@bramble/contracts'
import type { JoinedNode, JoinRequest, Node, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { renewNodeToken } from '../auth/tokens.ts'
import { readCertificateRequest } from '../identity/certificate-request.ts'
import type { ProvenKey } from '../identity/certificate-request.ts'
import { admitNode, checkName } from '../join/admit-node.ts'
import { claimUse } from '../join/claim-use.ts'
import { checkFleetName } from '../join/fleet-names.ts'
import { findInvitation } from '../join/find-invitation.ts'
import { demandJoining } from '../join/joining.ts'
import { takeAccess } from '../join/take-access.ts'
import type { Master } from '../master.ts'
import type { StoredInvitation } from '../store/store.ts'

/**
 * Lets an invited host in. Every part may be done again by the same host: when the answer is lost, or the master dies on
 * the way, it asks again with the same key and gets fresh secrets.
 * @throws `join_token_unknown`, `join_token_used`, `join_token_expired`, `csr_invalid`, `name_taken`
 */
export async function joinNode(master: Master, request: JoinRequest): Promise<JoinedNode> {
  demandJoining(master)
  const invitation = findInvitation(master.records, request.token)
  checkCluster(invitation, request)
  const id = nameFor(invitation, request)
  const key = await readCertificateRequest(request.csr)
  return master.inTurn(`node ${id}`, () => admit(master, { id, invitation, key }))
}

interface Host {
  id: NodeId
  invitation: StoredInvitation
  key: ProvenKey
}

async function admit(master: Master, { id, invitation, key }: Host): Promise<JoinedNode> {
  const { identity } = demandJoining(master)
  const joiner = { id, invitation, key: key.fingerprint }
  const before = master.records.nodes.get(id)
  checkName(before, joiner)
  checkFleetName(master.records, id, invitation)
  if (before && canNode('replace', before.admission)) await takeAccess(master, id)
  await claimUse(master, invitation.id, { node: id, key: joiner.key })
  const { certificate, expiresAt } = await identity.signNode(id, key.publicKey)
  const node = await admitNode(master, joiner, expiresAt)
  if (isNewLife(before, node)) master.fleet.forgetReports(id)
  const nodeToken = await renewNodeToken(master, id)
  const { cluster, admission } = node
  return { node: id, cluster, admission, nodeToken, certificate, caCertificate: identity.caCertificate }
}

const isNewLife = (before: Node | undefined, node: Node) => before?.identity?.key !== node.identity?.key

function checkCluster(invitation: StoredInvitation, { cluster }: JoinRequest): void {
  if (cluster === undefined || cluster === invitation.cluster) return
  refuseField('cluster', `the invitation is for cluster ${invitation.cluster}`)
}

const nameFor = ({ node: only }: StoredInvitation, { node: wished }: JoinRequest): NodeId =>
  only ?? wished ?? refuseField('node', 'the invitation names no node: say which name this host is to have')

function refuseField(path: string, message: string): never {
  throw new ProblemError('invalid_input', `${path}: ${message}.`, { errors: [{ path, message }] })
}
