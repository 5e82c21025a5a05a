// How a host becomes a node: it makes a key, has it certified in exchange for an invitation, and keeps what it got. The
// key is on disk before the first try, so that a join whose answer was lost, or whose process was killed, is asked again
// with the same key, which the master takes for the same join.
import { parseJoinToken, routes } from '@bramble/contracts'
import type { JoinTokenParts, NodeId } from '@bramble/contracts'
import { isRetryable } from '@bramble/kit'
import { keepTrying } from '../keep-trying.ts'
import type { AskMaster } from './ask-master.ts'
import { checkJoined } from './check-joined.ts'
import type { IdentityFiles, NodeIdentity } from './identity-files.ts'
import { makeKey, makeRequest } from './make-request.ts'
import type { MasterTrust } from './master-trust.ts'

export interface Joining {
  token: string
  /** The name that it would like. */
  node: NodeId
  cluster?: string | undefined
  files: IdentityFiles
  ask: AskMaster
  trust: Pick<MasterTrust, 'findBy' | 'joined'>
  /** Told why it has not succeeded yet. */
  onFailure: (reason: string) => void
  stopping: AbortSignal
}

/** Tries for as long as the master cannot be reached. @throws what the master refused it with, NotOurCloudletError */
export async function joinCloudlet(joining: Joining): Promise<NodeIdentity> {
  const { token, stopping, onFailure } = joining
  const parts = parseJoinToken(token)
  if (!parts) throw new Error('join.token is not a join token')
  const key = await keyFor(parts, joining.files)
  return keepTrying(() => joinOnce(joining, parts, key), {
    onFailure,
    isFinal: (error) => !isRetryable(error),
    stopping,
  })
}

async function keyFor({ invitation }: JoinTokenParts, { joining }: IdentityFiles): Promise<string> {
  const pending = await joining.read()
  if (pending?.invitation === invitation) return pending.key
  const key = await makeKey()
  await joining.write({ invitation, key })
  return key
}

async function joinOnce(joining: Joining, { invitation, caFingerprint }: JoinTokenParts, key: string) {
  const { token, node, cluster, files, ask, trust, stopping } = joining
  const csr = await makeRequest(key, node)
  const body = { token, node, csr, ...(cluster !== undefined && { cluster }) }
  await trust.findBy(caFingerprint, stopping)
  const joined = await ask(routes.joins.create, { body, signal: stopping })
  checkJoined(joined, { caFingerprint, key })
  const { admission: _admission, ...rest } = joined
  const identity: NodeIdentity = { ...rest, invitation, key }
  // What it connected with before, if it was another node then, counts no more.
  await files.broker.remove()
  await files.node.write(identity)
  await files.joining.remove()
  trust.joined(identity.caCertificate, identity)
  return identity
}
