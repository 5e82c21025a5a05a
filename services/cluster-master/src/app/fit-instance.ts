import type { Instance } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Wanted } from '../domain/place-filters.ts'
import { wantedOf } from '../domain/prepare-launch.ts'
import type { LaunchSource } from '../domain/prepare-launch.ts'
import type { Fit } from '../domain/steps/replace.ts'
import type { Master } from '../master.ts'
import { findAvailable, findDocument } from './find-document.ts'
import { placeInstance } from './place-instance.ts'

/** Where an instance that was launched before fits now. */
export function fitInstance(master: Master, instance: Instance): Fit {
  try {
    return { kind: 'fits', node: placeInstance(master, [wantedOfInstance(master, instance)]).node }
  } catch (error) {
    if (error instanceof ProblemError) return { kind: 'refused', why: error.message }
    throw error
  }
}

const wantedOfInstance = (master: Master, { source, publish, reserved }: Instance): Wanted => ({
  ...wantedOf(sourceAgain(master, source), publish),
  reserve: reserved,
})

/** What it was launched from, as the catalogue has it now. */
function sourceAgain({ records }: Master, source: Instance['source']): LaunchSource {
  if (source.kind === 'disk') throw new ProblemError('wrong_state', 'What boots a disk is not placed again.')
  const base = findAvailable(records.bases, 'base', source.base)
  if (source.kind === 'base') return { kind: 'base', base }
  const overlay = findAvailable(records.overlays, 'overlay', source.overlay)
  if (source.kind === 'overlay') return { kind: 'overlay', overlay, base }
  return { kind: 'service', service: findDocument(records.services, 'service', source.service), overlay, base }
}
