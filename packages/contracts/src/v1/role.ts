import { z } from 'zod'

/** What a token may be used for; every route names the roles that may call it, all others are refused. */
export const Role = z.enum(['admin', 'operator', 'researcher', 'device', 'node', 'viewer']).meta({ id: 'Role' })
export type Role = z.infer<typeof Role>

/** Sets of roles that routes use, from widest to narrowest. */
export const readers: Role[] = ['admin', 'operator', 'researcher', 'viewer']
export const operators: Role[] = ['admin', 'operator']
export const launchers: Role[] = ['admin', 'operator', 'researcher']
export const admins: Role[] = ['admin']
