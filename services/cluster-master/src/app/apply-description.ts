// Makes the testbed as it is described. Each item is carried out by itself, and noted when it is; what was broken off is
// found undone by the next application, which does the rest.
import { createHash } from 'node:crypto'
import type { Description, DescriptionChanges, Digest } from '@bramble/contracts'
import { canonicalText } from '../domain/canonical-text.ts'
import { itemsOfDescription } from '../domain/items-of-description.ts'
import { changeOf, planDescription } from '../domain/plan-description.ts'
import type { DescriptionStep } from '../domain/plan-description.ts'
import type { Master } from '../master.ts'
import { noteApplied, readApplied } from './applied-description.ts'
import { carryOutStep } from './carry-out-step.ts'

export interface Application {
  description: Description
  /** Id of the token, or `file`. */
  by: string
  /** The file, as those call it who are to change it. */
  from: string
  prune: boolean
  dryRun: boolean
}

export const digestOfDescription = (description: Description): Digest =>
  `sha256:${createHash('sha256').update(canonicalText(description)).digest('hex')}` as Digest

/** Done twice it changes nothing the second time. */
export function applyDescription(master: Master, application: Application): Promise<DescriptionChanges> {
  const { description, by, from, prune, dryRun } = application
  const digest = digestOfDescription(description)
  return master.inTurn('description', async () => {
    const items = itemsOfDescription(description)
    const steps = planDescription(items, master.records.declarations.values(), { prune })
    if (!dryRun) {
      await carryOut(master, by, steps)
      const { applied } = await readApplied(master)
      const isKnown = applied?.digest === digest && applied.from === from
      if (steps.length > 0 || !isKnown)
        await noteApplied(master, { applied: { digest, by, from, at: master.clock.now() } })
    }
    return { digest, changes: steps.map(changeOf) }
  })
}

/** So many side by side share the fsyncs of the store. */
const atOnce = 100

async function carryOut(master: Master, by: string, steps: readonly DescriptionStep[]): Promise<void> {
  for (let at = 0; at < steps.length; at += atOnce) {
    const outcomes = await Promise.allSettled(
      steps.slice(at, at + atOnce).map((step) => carryOutStep(master, by, step)),
    )
    // Only now: none is under way any more when the next application makes its plan.
    const failed = outcomes.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }
}
