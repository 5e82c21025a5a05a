/** The masters of a cloudlet: one serves, the others wait for the lease of the store. Which one is found out by asking. */
export interface Masters {
  urls: readonly string[]
  /** The one to ask now. */
  current(): string
  /** It did not answer, or does not serve: the next one is asked from now on. */
  passOver(url: string): void
}

export function createMasters(urls: readonly string[]): Masters {
  let at = 0
  return {
    urls,
    current: () => urls[at]!,
    // Many ask at a time: that all of them failed at one is told many times.
    passOver: (url) => {
      if (url === urls[at]) at = (at + 1) % urls.length
    },
  }
}
