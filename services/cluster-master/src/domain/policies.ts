// Policies: named lists of what a node must pass and of what makes it the better one. One that is always there is added
// here; others come with the description of the testbed. A filter or a score is named in contracts/src/v1/policy.ts.
import type { BuiltinPolicy, FilterName, PolicySpec, ScoreName } from '@bramble/contracts'
import {
  hasCpus,
  hasDisk,
  hasFreeMemory,
  hasMemory,
  hasPorts,
  matchesMachine,
  providesCpuModel,
} from './place-filters.ts'
import type { Filter } from './place-filters.ts'
import { fitsIdeal, leastReserved } from './place-scores.ts'
import type { Score } from './place-scores.ts'

export interface Policy {
  filters: readonly Filter[]
  /** The first that tells two nodes apart decides; of nodes that none tells apart the first one is taken. */
  scores: readonly Score[]
}

const filters: Record<FilterName, Filter> = {
  'matches-machine': matchesMachine,
  'provides-cpu-model': providesCpuModel,
  'has-memory': hasMemory,
  'has-free-memory': hasFreeMemory,
  'has-cpus': hasCpus,
  'has-disk': hasDisk,
  'has-ports': hasPorts,
}
const scores: Record<ScoreName, Score> = { 'fits-ideal': fitsIdeal, 'least-reserved': leastReserved }

export const policies = {
  'least-reserved': { filters: Object.values(filters), scores: [fitsIdeal, leastReserved] },
} as const satisfies Record<BuiltinPolicy, Policy>

export type PolicyName = keyof typeof policies
export const policyNames = Object.keys(policies) as [PolicyName, ...PolicyName[]]

/** One that a description names; without filters of its own it has all. */
export const policyOf = (spec: PolicySpec): Policy => ({
  filters: spec.filters?.map((name) => filters[name]) ?? Object.values(filters),
  scores: spec.scores.map((name) => scores[name]),
})
