// From a host's files and settings to a node that may connect to the broker. A host joins once; from then on it needs the
// master only for a new password, and goes on with the last one while the master is away. A node that was retired joins
// anew when it is given another invitation.
import { join } from 'node:path'
import { parseJoinToken } from '@bramble/contracts'
import type { BrokerAccess, NodeId } from '@bramble/contracts'
import { describeError, isRetryable } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import type { Troubles } from '../troubles.ts'
import type { AskMaster } from './ask-master.ts'
import { askAccess, awaitAccess, isNoNode } from './broker-access.ts'
import type { AccessParts } from './broker-access.ts'
import { identityFiles } from './identity-files.ts'
import type { IdentityFiles, NodeIdentity } from './identity-files.ts'
import { joinCloudlet } from './join-cloudlet.ts'
import type { MasterTrust } from './master-trust.ts'

export interface JoinNode {
  /** The name that it would like. */
  node: NodeId
  stateDir: string
  token: string | undefined
  cluster: string | undefined
  ask: AskMaster
  trust: Pick<MasterTrust, 'findBy' | 'joined'>
  troubles: Pick<Troubles, 'note'>
  logger: Logger
  stopping: AbortSignal
}

export interface JoinedNode {
  identity: NodeIdentity
  files: IdentityFiles
  access: BrokerAccess
  /** For when the broker refuses the password: waits until there is another. */
  renewAccess(): Promise<BrokerAccess>
  /** Once. @throws why there is none now */
  askAccess(): Promise<BrokerAccess>
}

/** Waits until the node is let in. @throws when it never will be: the invitation is refused, or there is none */
export async function joinNode(host: JoinNode): Promise<JoinedNode> {
  const files = identityFiles(join(host.stateDir, 'identity'))
  const known = await files.node.read()
  if (known) host.trust.joined(known.caCertificate, known)
  const standing = known && (await refreshAccess(accessParts(known, files, host)))
  const mustJoin = !known || (standing === 'no node' && isInvitedAnew(known, host.token))
  const identity = mustJoin ? await joinNow(files, host) : known
  const parts = accessParts(identity, files, host)
  const access = (await files.broker.read()) ?? (await awaitAccess(parts))
  return { identity, files, access, renewAccess: () => awaitAccess(parts), askAccess: () => askAccess(parts) }
}

/** Asks for new access once. Without an answer the last one has to do. */
async function refreshAccess(parts: AccessParts): Promise<'a node' | 'no node' | 'unknown'> {
  try {
    await askAccess(parts)
    return 'a node'
  } catch (error) {
    parts.stopping.throwIfAborted()
    if (isRetryable(error)) return 'unknown'
    parts.onTrouble(describeError(error))
    return isNoNode(error) ? 'no node' : 'unknown'
  }
}

const isInvitedAnew = ({ invitation }: NodeIdentity, token: string | undefined): boolean =>
  token !== undefined && parseJoinToken(token)?.invitation !== invitation

async function joinNow(files: IdentityFiles, host: JoinNode): Promise<NodeIdentity> {
  const { token, troubles, logger } = host
  if (token === undefined) throw new Error('this host has not joined a cloudlet: it needs a join.token')
  const onFailure = (reason: string) => troubles.note('not admitted', reason)
  const identity = await joinCloudlet({ ...host, token, files, onFailure })
  troubles.note('not admitted', undefined)
  logger.info({ as: identity.node, cluster: identity.cluster }, 'joined the cloudlet')
  return identity
}

const accessParts = (identity: NodeIdentity, files: IdentityFiles, host: JoinNode): AccessParts => ({
  ...{ identity, files, ask: host.ask, stopping: host.stopping },
  onTrouble: (reason) => host.troubles.note('not admitted', reason),
})
