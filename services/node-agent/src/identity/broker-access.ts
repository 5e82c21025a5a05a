// With what a node connects to the broker. The master makes a new password at each request; the last one is kept on disk
// for the time when the master is away.
import { routes } from '@bramble/contracts'
import type { BrokerAccess } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { keepTrying } from '../keep-trying.ts'
import type { AskMaster } from './ask-master.ts'
import type { IdentityFiles, NodeIdentity } from './identity-files.ts'

export interface AccessParts {
  identity: Pick<NodeIdentity, 'node' | 'nodeToken'>
  files: Pick<IdentityFiles, 'broker'>
  ask: AskMaster
  /** Told why there is none yet; undefined once there is. */
  onTrouble: (reason: string | undefined) => void
  stopping: AbortSignal
}

/** @throws `not_approved`, `unavailable`, and `unauthenticated` for who is no node any more */
export async function askAccess({ identity, files, ask, stopping }: AccessParts): Promise<BrokerAccess> {
  const { node, nodeToken: token } = identity
  const access = await ask(routes.nodes.broker, { params: { node }, token, signal: stopping })
  await files.broker.write(access)
  return access
}

/** However long it takes: until the master is back, until the node is approved. @throws when the agent stops */
export async function awaitAccess(parts: AccessParts): Promise<BrokerAccess> {
  const { onTrouble, stopping } = parts
  const access = await keepTrying(() => askAccess(parts), { onFailure: onTrouble, stopping })
  onTrouble(undefined)
  return access
}

/** The node was retired: its token counts no more. */
export const isNoNode = (error: unknown): boolean => error instanceof ProblemError && error.code === 'unauthenticated'
