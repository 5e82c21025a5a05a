import type { Principal, Role, Route } from '@bramble/contracts'
import { ProblemError } from '../errors/problem-error.ts'

/** Deny by default: a route takes the roles it names and no others. */
export function checkRoles(roles: Route['roles'], principal: Principal | undefined): void {
  if (roles === 'public') return
  if (principal === undefined) throw new ProblemError('unauthenticated', 'This route needs a token.')
  if (principal.roles.some((role) => (roles as readonly Role[]).includes(role))) return
  const detail = `${principal.name} has the roles ${principal.roles.join(', ') || 'none'}.`
  throw new ProblemError('forbidden', detail, { missingPermission: [...roles] })
}
