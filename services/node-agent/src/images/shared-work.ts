/** Work that is wanted by several at once and done once: whoever comes later waits for the same outcome. */
export class SharedWork<T> {
  readonly #underWay = new Map<string, Promise<T>>()

  /** Shares it until it settles. */
  once(key: string, work: () => Promise<T>): Promise<T> {
    const shared = this.keep(key, work)
    const forget = () => void (this.#underWay.get(key) === shared && this.forget(key))
    shared.then(forget, forget)
    return shared
  }

  /** Shares it until it fails or is forgotten. */
  keep(key: string, work: () => Promise<T>): Promise<T> {
    const shared = this.#underWay.get(key)
    if (shared !== undefined) return shared
    const begun = work()
    this.#underWay.set(key, begun)
    begun.catch(() => this.forget(key))
    return begun
  }

  forget(key: string): void {
    this.#underWay.delete(key)
  }
}
