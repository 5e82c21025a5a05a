import { newId } from '@bramble/contracts'
import type { CreatedToken, CreateToken, NodeId, Token } from '@bramble/contracts'
import { addMs, ProblemError } from '@bramble/kit'
import type { Clock } from '@bramble/kit'
import { findUser } from '../app/declared-spec.ts'
import { findDocument } from '../app/find-document.ts'
import type { InTurn } from '../join/in-turn.ts'
import type { Records } from '../records/records.ts'
import { DuplicateError } from '../store/errors.ts'
import type { StoredToken } from '../store/store.ts'
import { hashSecret, newSecret } from './secret.ts'

interface TokenParts {
  records: Pick<Records, 'tokens'>
  clock: Clock
}

const nodePrefix = 'node.'
const nodeTokenName = (node: NodeId): string => nodePrefix + node

/** A token as it is shown: without the hash of its secret. */
export function withoutHash({ secretHash: _hash, ...token }: StoredToken): Token {
  return token
}

/** What a token is to be. */
type NewToken = Omit<CreateToken, 'roles'> & Pick<Token, 'roles'>

/** Makes a token; its secret is in what this returns and nowhere else. @throws `name_taken` */
export const createToken = (parts: TokenParts, request: NewToken): Promise<CreatedToken> =>
  storeToken(parts, request, newToken())

/** Makes one with the roles of a user; it follows them. @throws `name_taken`, `not_found` */
export const createUserToken = (
  parts: TokenParts & { records: Pick<Records, 'declarations'>; inTurn: InTurn },
  request: Omit<NewToken, 'roles'> & { user: string },
): Promise<CreatedToken> =>
  // A change of the user's roles is either seen here, or finds the token.
  parts.inTurn(`users ${request.user}`, () =>
    createToken(parts, { ...request, roles: findUser(parts.records, request.user).roles }),
  )

const newToken = () => {
  const id = newId('token')
  return { id, secret: newSecret(id) }
}

async function storeToken(
  { records, clock }: TokenParts,
  { name, roles, user, expiresInSeconds }: NewToken,
  { id, secret }: Pick<CreatedToken, 'id' | 'secret'>,
): Promise<CreatedToken> {
  const expiresAt = expiresInSeconds === undefined ? undefined : addMs(clock.now(), expiresInSeconds * 1000)
  const more = { ...(user !== undefined && { user }), ...(expiresAt && { expiresAt }) }
  const draft = { id, name, roles, secretHash: hashSecret(secret), ...more }
  try {
    return { ...withoutHash(await records.tokens.insert(draft)), secret }
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error
    throw new ProblemError('name_taken', `There is already a token ${name}.`, { cause: error })
  }
}

/** @throws `not_found` */
export async function revokeToken({ records }: Pick<TokenParts, 'records'>, nameOrId: string): Promise<void> {
  await records.tokens.remove(findDocument(records.tokens, 'token', nameOrId).id)
}

/**
 * Makes the first admin when there is none. The secret is left before the token is stored: a crash in between leaves one
 * that nobody knows, and the next start another in its place; the other way round everybody would be locked out.
 */
export async function createFirstAdminToken(
  parts: TokenParts,
  leave: (secret: string) => Promise<void>,
): Promise<void> {
  for (const { roles } of parts.records.tokens.values()) if (roles.includes('admin')) return
  const token = newToken()
  await leave(token.secret)
  await storeToken(parts, { name: 'first-admin', roles: ['admin'] }, token)
}

/** The secret with which a node reads and pushes blobs; the one before counts no more. */
export async function renewNodeToken(parts: TokenParts, node: NodeId): Promise<string> {
  const name = nodeTokenName(node)
  await revokeNodeToken(parts, node)
  return (await createToken(parts, { name, roles: ['node'] })).secret
}

/** One that is not there is no error. */
export async function revokeNodeToken({ records }: Pick<TokenParts, 'records'>, node: NodeId): Promise<void> {
  const token = records.tokens.named(nodeTokenName(node))
  if (token) await records.tokens.remove(token.id)
}

/** The node that a token belongs to. */
export const nodeOfToken = ({ name, roles }: Token): string | undefined =>
  roles.includes('node') && name.startsWith(nodePrefix) ? name.slice(nodePrefix.length) : undefined
