import type { DesiredInstance, DesiredNode, InstanceId } from '@bramble/contracts'
import { isSameIncarnation } from '@bramble/contracts'

/** What a document wants, by id; undefined as long as there is none. */
export type Wanted = ReadonlyMap<InstanceId, DesiredInstance> | undefined

const known = new WeakMap<DesiredNode, NonNullable<Wanted>>()

/** Made once of each document: it is asked for in every plan and for every report. */
export function wantedBy(document: DesiredNode | undefined): Wanted {
  const made = document && known.get(document)
  if (made || !document) return made
  const wanted = new Map(document.instances.map((instance) => [instance.id, instance]))
  known.set(document, wanted)
  return wanted
}

/**
 * Everything is until a document says otherwise. One that was replaced, and is wanted here once more, is another VM than
 * the one that was here before.
 */
export function isWanted(wanted: Wanted, instance: DesiredInstance): boolean {
  if (wanted === undefined) return true
  const now = wanted.get(instance.id)
  return now !== undefined && isSameIncarnation(now, instance)
}
