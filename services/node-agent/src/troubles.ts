// What the agent cannot reach, and lately could not, in words for people. While the way to the master is cut nobody can
// be told; so what is over is told for a while after.
import type { Timestamp } from '@bramble/contracts'
import { msBetween } from '@bramble/kit'
import type { Clock, Logger } from '@bramble/kit'

export interface Troubles {
  /** How it stands with one thing: why it cannot be reached, or undefined when it can. Logged when it changes. */
  note(about: string, reason: string | undefined): void
  list(): string[]
}

interface Trouble {
  about: string
  reason: string
  since: Timestamp
  until?: Timestamp
}

const toldAfterwardsMs = 600_000

export function createTroubles({ clock, logger }: { clock: Pick<Clock, 'now'>; logger: Logger }): Troubles {
  const last = new Map<string, Trouble>()

  const begin = (about: string, reason: string, before: Trouble | undefined) => {
    if (before?.reason === reason) return
    last.set(about, { about, reason, since: before?.since ?? clock.now() })
    logger.warn({ reason }, `cannot reach ${about}`)
  }
  const end = (trouble: Trouble) => {
    trouble.until = clock.now()
    logger.info({ since: trouble.since }, `can reach ${trouble.about} again`)
  }
  return {
    note: (about, reason) => {
      const known = last.get(about)
      const open = known?.until === undefined ? known : undefined
      if (reason !== undefined) begin(about, reason, open)
      else if (open) end(open)
    },
    list: () =>
      [...last.values()]
        .filter(({ until }) => until === undefined || msBetween(until, clock.now()) < toldAfterwardsMs)
        .map(describe),
  }
}

const describe = ({ about, reason, since, until }: Trouble): string =>
  until === undefined
    ? `cannot reach ${about} since ${since}: ${reason}`
    : `could not reach ${about} from ${since} until ${until}: ${reason}`
