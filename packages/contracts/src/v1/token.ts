import { z } from 'zod'
import { Name, TokenId } from './ids.ts'
import { Role } from './role.ts'
import { stored } from './stored.ts'
import { Timestamp } from './time.ts'

/** A bearer token; only its hash is stored. */
export const Token = z
  .object({
    id: TokenId,
    name: Name,
    roles: z.array(Role).min(1),
    user: Name.optional().meta({ description: 'whose it is: its roles are those of the user' }),
    expiresAt: Timestamp.optional(),
    ...stored,
  })
  .meta({ id: 'Token' })
export type Token = z.infer<typeof Token>

/** Ten years. */
const longestSeconds = 315_360_000

/** Of a user, whose roles it has, or with roles of its own. */
export const CreateToken = z
  .object({
    name: Name,
    roles: z.array(Role).min(1).max(6).optional(),
    user: Name.optional(),
    expiresInSeconds: z.number().int().min(1).max(longestSeconds).optional(),
  })
  .strict()
  .refine(({ roles, user }) => (roles === undefined) !== (user === undefined), {
    message: 'give either roles or a user',
    path: ['roles'],
  })
  .meta({ id: 'CreateToken' })
export type CreateToken = z.infer<typeof CreateToken>

/** A token just made: the only time that its secret is shown. */
export const CreatedToken = Token.extend({ secret: z.string() }).meta({ id: 'CreatedToken' })
export type CreatedToken = z.infer<typeof CreatedToken>

/** Who the caller is. */
export const Principal = z
  .object({ tokenId: z.string(), name: z.string(), roles: z.array(Role), node: z.string().optional() })
  .meta({ id: 'Principal' })
export type Principal = z.infer<typeof Principal>
