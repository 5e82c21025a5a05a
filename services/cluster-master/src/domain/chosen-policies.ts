import type { Declaration } from '@bramble/contracts'
import { policies, policyOf } from './policies.ts'
import type { Policy, PolicyName } from './policies.ts'

/** Which policy decides where: within a cluster that has one its own, everywhere else and between clusters the default. */
export interface ChosenPolicies {
  standard: Policy
  byCluster: ReadonlyMap<string, Policy>
}

/** What descriptions chose; `fallback` is the setting of the master. */
export function chosenPolicies(declarations: Iterable<Declaration>, fallback: PolicyName): ChosenPolicies {
  const known = new Map<string, Policy>(Object.entries(policies))
  const all = [...declarations]
  for (const { section, item, spec } of all) if (section === 'policies') known.set(item, policyOf(spec))
  const byCluster = new Map<string, Policy>()
  let standard: Policy = policies[fallback]
  for (const { section, item, spec } of all) {
    if (section === 'placement') standard = known.get(spec.policy) ?? standard
    const own = section === 'clusters' && spec.policy !== undefined ? known.get(spec.policy) : undefined
    if (own) byCluster.set(item, own)
  }
  return { standard, byCluster }
}
