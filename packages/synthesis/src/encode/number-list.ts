/** A growing list of u32: millions of page numbers in four bytes each. */
export class NumberList {
  #items = new Uint32Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Uint32Array(this.#items.length * 2)
      larger.set(this.#items)
      this.#items = larger
    }
    this.#items[this.#length] = item
    this.#length += 1
  }

  at(index: number): number {
    return this.#items[index]!
  }

  toArray(): Uint32Array {
    return this.#items.slice(0, this.#length)
  }
}
