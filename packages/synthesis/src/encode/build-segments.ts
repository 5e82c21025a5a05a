/**
 * Puts changed pages into segments, in the order of their numbers. A page that occurs more than once is put where it
 * occurs first, with all its places, in memory or on disk: each segment can then be expanded without any other.
 */
import type { PageReader } from '../disk/page-reader.ts'
import type { Space } from '../page.ts'
import { PAGE_BYTES } from '../page.ts'
import type { PageEntry } from '../segment/records.ts'
import { toRecords, writeSegment } from '../segment/records.ts'
import type { ChangedPages } from './scan-pages.ts'
import type { Copies } from './find-copies.ts'
import { NONE } from './find-copies.ts'

/** 2 MiB of literals: large enough to compress well, small enough to keep four of them in work. */
const LITERALS_PER_SEGMENT = 512
const ENTRIES_PER_SEGMENT = 1 << 15

export type RawSegment = { space: Space; raw: Buffer }

export type Building = {
  changed: ChangedPages
  copies: Copies
  target: PageReader
  memoryPages: number
}

export function* buildSegments(building: Building): Generator<RawSegment> {
  const { memoryPages, target } = building
  let draft = new Draft('memory')
  for (const entry of placesInOrder(building)) {
    const space = entry.page < memoryPages ? 'memory' : 'disk'
    if (draft.isFull || draft.space !== space) {
      if (!draft.isEmpty) yield draft.finish(target)
      draft = new Draft(space)
    }
    draft.add(entry, building)
  }
  if (!draft.isEmpty) yield draft.finish(target)
}

/** `ordinal` is undefined for a zero page. */
type Place = { page: number; ordinal: number | undefined }

/** Zero pages and the others merged by number, without the repetitions. */
function* placesInOrder({ changed, copies }: Building): Generator<Place> {
  const [zeros, filled] = [changed.zeros.toArray(), changed.filled.toArray()]
  let zero = 0
  for (let ordinal = 0; ordinal < filled.length; ordinal += 1) {
    const page = filled[ordinal]!
    for (; zero < zeros.length && zeros[zero]! < page; zero += 1) yield { page: zeros[zero]!, ordinal: undefined }
    const isOwn = copies.ofBase[ordinal] !== NONE || copies.leader[ordinal] === ordinal
    if (isOwn) yield { page, ordinal }
  }
  for (; zero < zeros.length; zero += 1) yield { page: zeros[zero]!, ordinal: undefined }
}

class Draft {
  readonly space: Space
  readonly #entries: PageEntry[] = []
  /** The target page of each literal. */
  readonly #literals: number[] = []

  constructor(space: Space) {
    this.space = space
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get isFull(): boolean {
    return this.#literals.length === LITERALS_PER_SEGMENT || this.#entries.length >= ENTRIES_PER_SEGMENT
  }

  add({ page, ordinal }: Place, { changed, copies }: Building): void {
    if (ordinal === undefined) this.#entries.push({ kind: 'zero', page, source: 0 })
    else if (copies.ofBase[ordinal] !== NONE)
      this.#entries.push({ kind: 'base', page, source: copies.ofBase[ordinal]! })
    else this.#addLiteral(page, ordinal, { changed, copies })
  }

  #addLiteral(page: number, ordinal: number, { changed, copies }: Pick<Building, 'changed' | 'copies'>): void {
    const source = this.#literals.length
    this.#literals.push(page)
    for (let same = ordinal; same !== NONE; same = copies.next[same]!) {
      this.#entries.push({ kind: 'literal', page: changed.filled.at(same), source })
    }
  }

  finish(target: PageReader): RawSegment {
    return { space: this.space, raw: writeSegment(toRecords(this.#entries), readLiterals(this.#literals, target)) }
  }
}

/** Neighbours are read together. */
function readLiterals(pages: readonly number[], target: PageReader): Buffer {
  const bytes = Buffer.allocUnsafe(pages.length * PAGE_BYTES)
  for (let start = 0; start < pages.length;) {
    let end = start + 1
    while (end < pages.length && pages[end] === pages[end - 1]! + 1) end += 1
    target.readSync(pages[start]!, bytes.subarray(start * PAGE_BYTES, end * PAGE_BYTES))
    start = end
  }
  return bytes
}
