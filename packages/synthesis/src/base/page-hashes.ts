/**
 * The index of a base: which of its pages could equal a given one. A sorted row of u64, little-endian: the upper half
 * of the page's XXH64 above the page's number. Built when the base is made and kept with it, so that making an overlay
 * never hashes the base. Whoever finds a page by its hash proves it by its bytes.
 */
import { xxh64 } from '@node-rs/xxhash'

import { PageSet } from '../segment/page-set.ts'

/** More pages than this with one hash are not worth looking at. */
const MAX_CANDIDATES = 4

/** 32 bits are kept: a wrong candidate costs one comparison. */
export const hashPage = (page: Buffer): number => Number(xxh64(page) >> 32n)

/** Keys sort by hash, then by page (or by whatever number is given). */
export function sortByHash(hashes: Uint32Array, numbers: Uint32Array): BigUint64Array {
  const keys = new BigUint64Array(hashes.length)
  const halves = new Uint32Array(keys.buffer)
  for (let at = 0; at < hashes.length; at += 1) {
    halves[2 * at] = numbers[at]!
    halves[2 * at + 1] = hashes[at]!
  }
  return keys.sort()
}

export class PageHashes {
  readonly #halves: Uint32Array

  constructor(bytes: Buffer) {
    const own = new Uint8Array(bytes).buffer
    this.#halves = new Uint32Array(own, 0, Math.floor(own.byteLength / 8) * 2)
  }

  /** Pages of the base that may have the content with this hash. */
  candidates(hash: number): number[] {
    const pages: number[] = []
    for (let at = this.#firstAtLeast(hash); pages.length < MAX_CANDIDATES; at += 1) {
      if (this.#halves[2 * at + 1] !== hash) break
      pages.push(this.#halves[2 * at]!)
    }
    return pages
  }

  /** All pages of the base that are not zero. */
  hashedPages(pageCount: number): PageSet {
    const pages = new PageSet(pageCount)
    for (let at = 0; at < this.#halves.length; at += 2) pages.add(this.#halves[at]!)
    return pages
  }

  #firstAtLeast(hash: number): number {
    let [low, high] = [0, this.#halves.length / 2]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#halves[2 * middle + 1]! < hash) low = middle + 1
      else high = middle
    }
    return low
  }
}
