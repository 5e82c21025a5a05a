import { z } from 'zod'

/** What a node can be asked to pass before it takes an instance (domain/policies.ts of the master has what each does). */
export const FilterName = z
  .enum(['matches-machine', 'provides-cpu-model', 'has-memory', 'has-free-memory', 'has-cpus', 'has-disk', 'has-ports'])
  .meta({ id: 'FilterName' })
export type FilterName = z.infer<typeof FilterName>

/** What can make one node the better one. */
export const ScoreName = z.enum(['fits-ideal', 'least-reserved']).meta({ id: 'ScoreName' })
export type ScoreName = z.infer<typeof ScoreName>

/** Policies that are always there; no description can change what they mean. */
export const builtinPolicies = ['least-reserved'] as const
export const BuiltinPolicy = z.enum(builtinPolicies)
export type BuiltinPolicy = z.infer<typeof BuiltinPolicy>
