/** A set of page numbers, one bit each. */
export class PageSet {
  readonly #bits: Uint8Array

  constructor(pageCount: number) {
    this.#bits = new Uint8Array(Math.ceil(pageCount / 8))
  }

  has(page: number): boolean {
    return (this.#bits[page >>> 3]! & (1 << (page & 7))) !== 0
  }

  add(page: number): void {
    this.#bits[page >>> 3]! |= 1 << (page & 7)
  }

  /** Adds a run; false when one of it was there already. */
  addRun(firstPage: number, pageCount: number): boolean {
    for (let page = firstPage; page < firstPage + pageCount; page += 1) {
      if (this.has(page)) return false
      this.add(page)
    }
    return true
  }
}
