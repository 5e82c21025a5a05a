import { isDeepStrictEqual } from 'node:util'
import type { Instance, ObservedInstance } from '@bramble/contracts'

/**
 * Makes of what a report tells, and of what is stored, one thing in memory where both say the same. It matters after a
 * restart: until then each instance that is stored was made from what was told of it.
 */
export function shareWithStored(observed: ObservedInstance, { id, status }: Instance): void {
  if (observed.forwards === status.forwards) return
  const told: Record<string, unknown> = observed
  told['id'] = id
  for (const [name, part] of Object.entries(status)) if (isDeepStrictEqual(told[name], part)) told[name] = part
}
