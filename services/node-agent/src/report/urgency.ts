import type { Written } from '../ledger/ledger.ts'

/** How soon the master is to hear of a change: somebody waits for it, it is progress, or it is not in reports. */
export type Urgency = 'now' | 'soon' | 'never'

/** The end of a launch, a deletion or a capture is what an operation waits for; the rest is on the way. */
export function urgencyOf(written: Written): Urgency {
  switch (written.kind) {
    case 'desired':
      return 'soon'
    case 'capture':
      return written.after?.outcome ? 'now' : 'soon'
    case 'heard':
      return 'never'
    case 'instance':
      return urgencyOfInstance(written)
  }
}

function urgencyOfInstance({ before, after }: Extract<Written, { kind: 'instance' }>): Urgency {
  if (after === undefined) return 'now'
  // Only its facts have changed, which go their own way.
  if (before?.state === after.state) return 'never'
  return after.state.phase === 'ready' || after.state.phase === 'failed' ? 'now' : 'soon'
}
