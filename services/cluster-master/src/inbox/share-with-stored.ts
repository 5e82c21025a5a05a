import { isDeepStrictEqual } from 'node:util'
import type { Instance, ObservedInstance } from '@bramble/contracts'

/**
 * Makes of what a report tells, and of what is stored, one thing in memory where both say the same. It matters after a
 * restart: until then each instance that is stored was made from what was told of it. What was told is held by others as well,
 * who compare its text: each part is replaced by an equal one in its place, so that this stays as it is.
 */
export function shareWithStored(observed: ObservedInstance, { id, status }: Instance): void {
  if (observed.forwards === status.forwards) return
  const told: Record<string, unknown> = observed
  told['id'] = id
  for (const [name, part] of Object.entries(status)) if (isDeepStrictEqual(told[name], part)) told[name] = part
}
