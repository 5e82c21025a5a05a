// Memory and disk show as taken only once they are used. Until then, whoever was told that there is enough has claimed
// it here, so that several starts at a time do not all count on the same bytes.

export interface Resource {
  /** What is free now, as the host sees it. */
  freeBytes: () => Promise<number>
  /** What of it is kept for the host. */
  reserveBytes: number
  refuse: (refusal: Refusal) => Error
}

export interface Refusal {
  /** Who wants it. */
  what: string
  wantedBytes: number
  freeBytes: number
  reserveBytes: number
  claimedBytes: number
}

export interface Claims {
  /** Claims them until the claim is disposed. @throws what `refuse` makes of it, when so many are not left */
  claim(what: string, wantedBytes: number): Promise<Disposable>
}

export function createClaims({ freeBytes: readFreeBytes, reserveBytes, refuse }: Resource): Claims {
  let claimedBytes = 0
  return {
    claim: async (what, wantedBytes) => {
      const freeBytes = await readFreeBytes()
      // From here to the sum nothing else can come between.
      if (freeBytes - reserveBytes - claimedBytes < wantedBytes) {
        throw refuse({ what, wantedBytes, freeBytes, reserveBytes, claimedBytes })
      }
      claimedBytes += wantedBytes
      let isHeld = true
      return {
        [Symbol.dispose]: () => {
          if (isHeld) claimedBytes -= wantedBytes
          isHeld = false
        },
      }
    },
  }
}

/** `3 MiB are free, of which 1 MiB are reserved and 1 MiB claimed by starts under way` */
export function describeFree({ freeBytes, reserveBytes, claimedBytes }: Refusal): string {
  const claimed = claimedBytes > 0 ? ` and ${inMiB(claimedBytes)} claimed by starts under way` : ''
  return `${inMiB(freeBytes)} are free, of which ${inMiB(reserveBytes)} are reserved${claimed}`
}

export const inMiB = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`
