/** What went through a connection since it was made, for metrics. */
export type BusCounts = {
  published: number
  confirmed: number
  /** No queue took it; its sender keeps it. */
  returned: number
  /** Forbidden, or unconfirmed when the broker or the connection went away. */
  failed: number
  delivered: number
  /** Of the delivered, those that came before. */
  redelivered: number
  /** Facts that were put where the dead are. */
  dead: number
}

export const noCounts = (): BusCounts => ({
  ...{ published: 0, confirmed: 0, returned: 0, failed: 0 },
  ...{ delivered: 0, redelivered: 0, dead: 0 },
})
