import type { Principal } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Authenticate, Clock } from '@bramble/kit'
import type { Records } from '../records/records.ts'
import type { StoredToken } from '../store/store.ts'
import { checkNodeCertificate } from './check-node-certificate.ts'
import { isSecretOf, tokenIdOf } from './secret.ts'
import { nodeOfToken } from './tokens.ts'

/**
 * Who sends `Authorization: Bearer <secret>`. All tokens are in memory, so that a request costs one hash, and a revoked
 * one is refused from the moment it is revoked.
 */
export function createAuthenticate({ tokens, nodes }: Pick<Records, 'tokens' | 'nodes'>, clock: Clock): Authenticate {
  return (request) => {
    const [scheme, secret] = (request.headers.authorization ?? '').split(' ')
    if (!scheme) return undefined
    if (scheme.toLowerCase() !== 'bearer' || !secret) throw refuse('The Authorization header carries no bearer token.')
    const token = tokens.get(tokenIdOf(secret) ?? '')
    if (!token || !isSecretOf(secret, token.secretHash)) throw refuse('The token is not known; it may be revoked.')
    if (token.expiresAt !== undefined && token.expiresAt <= clock.now())
      throw refuse(`The token expired at ${token.expiresAt}.`)
    const principal = principalOf(token)
    const node = nodes.get(principal.node ?? '')
    if (node?.admission === 'retired') throw refuse(`The node ${node.id} is retired.`)
    if (node) checkNodeCertificate(request.socket, node)
    return principal
  }
}

const refuse = (detail: string) => new ProblemError('unauthenticated', detail)

function principalOf(token: StoredToken): Principal {
  const node = nodeOfToken(token)
  return { tokenId: token.id, name: token.name, roles: token.roles, ...(node && { node }) }
}
