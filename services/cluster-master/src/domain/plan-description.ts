// What is to be done so that a description holds. Each item that a description ever made has a document of its own, its
// declaration; it is what tells later what may be taken back: nothing else is ever pruned.
import type { Declaration, DescriptionChange } from '@bramble/contracts'
import { canonicalText } from './canonical-text.ts'
import type { Item } from './items-of-description.ts'

export type DescriptionStep =
  | { verb: 'created'; id: string; item: Item; before?: undefined }
  | { verb: 'updated'; id: string; item: Item; before: Declaration }
  | { verb: 'left' | 'pruned'; id: string; item?: undefined; before: Declaration }

/** In the order of ids, whatever the order of either side; empty when all is as described. */
export function planDescription(
  wanted: readonly Item[],
  present: Iterable<Declaration>,
  { prune }: { prune: boolean },
): DescriptionStep[] {
  const known = new Map(Array.from(present, (declaration) => [declaration.id, declaration]))
  const named = new Set(wanted.map(({ id }) => id))
  const steps = [
    ...wanted.flatMap((item) => stepTo(item, known.get(item.id))),
    ...[...known.values()].filter(({ id }) => !named.has(id)).flatMap((before) => stepFrom(before, prune)),
  ]
  return steps.sort((a, b) => (a.id < b.id ? -1 : 1))
}

function stepTo(item: Item, before: Declaration | undefined): DescriptionStep[] {
  const { id } = item
  if (!before) return [{ verb: 'created', id, item }]
  return before.isNamed && isSame(item, before) ? [] : [{ verb: 'updated', id, item, before }]
}

function stepFrom(before: Declaration, prune: boolean): DescriptionStep[] {
  const { id, isNamed } = before
  if (prune) return [{ verb: 'pruned', id, before }]
  return isNamed ? [{ verb: 'left', id, before }] : []
}

const isSame = (item: Item, { key, spec }: Declaration) =>
  item.key === key && canonicalText(item.spec) === canonicalText(spec)

export const changeOf = ({ id, verb }: DescriptionStep): DescriptionChange => ({ id, verb })
