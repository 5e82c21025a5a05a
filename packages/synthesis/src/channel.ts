/** A bounded queue between a producer and one consumer: the producer waits while it is full. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  #end: { error?: unknown } | undefined
  #changed = Promise.withResolvers<void>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Resolves when an item can be pushed; to false when nobody reads any more. */
  async hasRoom(): Promise<boolean> {
    while (this.#items.length >= this.#capacity && this.#end === undefined) await this.#changed.promise
    return this.#end === undefined
  }

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  close(error?: unknown): void {
    this.#end ??= { error }
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const item = this.#items.shift()
        if (item !== undefined) {
          this.#wake()
          yield item
        } else if (this.#end === undefined) await this.#changed.promise
        else if (this.#end.error !== undefined) throw this.#end.error
        else return
      }
    } finally {
      this.close()
    }
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
