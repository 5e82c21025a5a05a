import { isDeepStrictEqual } from 'node:util'
import { compareRevisions } from '@bramble/contracts'
import type { DesiredNode } from '@bramble/contracts'

/** `conflict`: two different documents under one revision, so one of them has another author than the master. */
export type Judgement = 'newer' | 'same' | 'older' | 'conflict'

/** What the master heard is no part of what a revision stands for: it sends the same again with news of that. */
const withoutHeard = ({ heard: _, ...document }: DesiredNode) => document

export function judgeRevision(stored: DesiredNode | undefined, incoming: DesiredNode): Judgement {
  if (stored === undefined) return 'newer'
  const order = compareRevisions(incoming.revision, stored.revision)
  if (order !== 0) return order > 0 ? 'newer' : 'older'
  return isDeepStrictEqual(withoutHeard(incoming), withoutHeard(stored)) ? 'same' : 'conflict'
}
