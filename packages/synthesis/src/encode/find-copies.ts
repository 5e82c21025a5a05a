/**
 * Decides for every changed page whether it is a copy: of a page of the base, or of another changed page. Hashes only
 * propose; bytes decide.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PageHashes } from '../base/page-hashes.ts'
import { sortByHash } from '../base/page-hashes.ts'
import type { PageReader } from '../disk/page-reader.ts'
import { PAGE_BYTES } from '../page.ts'

export type Copies = {
  /** For each changed page the page of the base that it equals, or NONE. */
  ofBase: Uint32Array
  /** For each changed page the first changed page with its content: itself, when it is the first. */
  leader: Uint32Array
  /** A chain through the pages with one content, beginning at the leader, ended by NONE. */
  next: Uint32Array
}

/** About a millisecond of reading and comparing, before others have their turn. */
const GROUPS_PER_TURN = 256

/** A longer chain begins anew with a literal of its own, so that its records fit a segment. */
const MAX_CHAIN = 1 << 14

export const NONE = 0xffff_ffff

export type CopySearch = {
  pages: Uint32Array
  hashes: Uint32Array
  target: PageReader
  base?: { pages: PageReader; hashes: PageHashes }
}

export async function findCopies({ pages, hashes, target, base }: CopySearch): Promise<Copies> {
  const ordinals = Uint32Array.from(pages.keys())
  const copies = { ofBase: ordinals.slice().fill(NONE), leader: ordinals, next: ordinals.slice().fill(NONE) }
  const reader = { one: Buffer.alloc(PAGE_BYTES), other: Buffer.alloc(PAGE_BYTES) }
  let groups = 0
  for (const group of groupsOf(sortByHash(hashes, ordinals))) {
    groups += 1
    if (groups % GROUPS_PER_TURN === 0) await nextTurn()
    const [first] = group as [number, ...number[]]
    const isAlone = group.length === 1
    const candidates = base?.hashes.candidates(hashes[first]!) ?? []
    if (isAlone && candidates.length === 0) continue
    target.readSync(pages[first]!, reader.one)
    const source = candidates.find((page) => isSame(base!.pages, page, reader)) ?? NONE
    linkGroup(group, source, copies, (ordinal) => isSame(target, pages[ordinal]!, reader))
  }
  return copies
}

function linkGroup(group: number[], source: number, copies: Copies, equalsFirst: (ordinal: number) => boolean): void {
  let leader = group[0]!
  let last = leader
  let length = 1
  copies.ofBase[leader] = source
  for (const ordinal of group.slice(1)) {
    if (!equalsFirst(ordinal)) continue
    copies.ofBase[ordinal] = source
    length = length === MAX_CHAIN ? 1 : length + 1
    if (length === 1) leader = ordinal
    else copies.next[last] = ordinal
    copies.leader[ordinal] = leader
    last = ordinal
  }
}

function isSame(pages: PageReader, page: number, { one, other }: { one: Buffer; other: Buffer }): boolean {
  if (page >= pages.pageCount) return false
  pages.readSync(page, other)
  return one.equals(other)
}

/** Runs of equal hashes; the ordinals within one ascend. */
function* groupsOf(keys: BigUint64Array): Generator<number[]> {
  const halves = new Uint32Array(keys.buffer)
  for (let at = 0; at < keys.length;) {
    const group: number[] = []
    const hash = halves[2 * at + 1]
    for (; at < keys.length && halves[2 * at + 1] === hash; at += 1) group.push(halves[2 * at]!)
    yield group
  }
}
