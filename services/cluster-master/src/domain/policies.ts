// Policies: named lists of what a node must pass and of what makes it the better one. To add one, add it here; it can be
// chosen at once (`placement.policy`).
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

const fits = [matchesMachine, providesCpuModel, hasMemory, hasFreeMemory, hasCpus, hasDisk, hasPorts]

export const policies = {
  'least-reserved': { filters: fits, scores: [fitsIdeal, leastReserved] },
} as const satisfies Record<string, Policy>

export type PolicyName = keyof typeof policies
export const policyNames = Object.keys(policies) as [PolicyName, ...PolicyName[]]
