// What stands between the agent and its cloudlet, now and lately, in words for people. While the way to the master is cut
// nobody can be told; so what is over is told for a while after.
import type { Timestamp } from '@bramble/contracts'
import { laterOf, msBetween } from '@bramble/kit'
import type { Clock, Logger } from '@bramble/kit'

/** What can be wrong. */
export type TroubleKind = 'master unreachable' | 'broker unreachable' | 'not admitted' | 'hypervisor unreachable'

export interface Troubles {
  /** How it stands: the reason, or undefined when all is well. Logged when it changes. */
  note(kind: TroubleKind, reason: string | undefined): void
  list(): string[]
}

interface Trouble {
  kind: TroubleKind
  reason: string
  since: Timestamp
  until?: Timestamp
}

const toldAfterwardsMs = 600_000

export function createTroubles({ clock, logger }: { clock: Pick<Clock, 'now'>; logger: Logger }): Troubles {
  const last = new Map<TroubleKind, Trouble>()

  const begin = (kind: TroubleKind, reason: string, open: Trouble | undefined) => {
    if (open?.reason === reason) return
    last.set(kind, { kind, reason, since: open?.since ?? clock.now() })
    logger.warn(`${kind}: ${reason}`)
  }
  const end = (open: Trouble) => {
    open.until = laterOf(open.since, clock.now())
    logger.info({ since: open.since }, `no longer ${open.kind}`)
  }
  return {
    note: (kind, reason) => {
      const known = last.get(kind)
      const open = known?.until === undefined ? known : undefined
      if (reason !== undefined) begin(kind, reason, open)
      else if (open) end(open)
    },
    list: () =>
      [...last.values()]
        .filter(({ until }) => until === undefined || msBetween(until, clock.now()) < toldAfterwardsMs)
        .map(describe),
  }
}

const describe = ({ kind, reason, since, until }: Trouble): string =>
  until === undefined ? `${kind} since ${since}: ${reason}` : `${kind} from ${since} until ${until}: ${reason}`
