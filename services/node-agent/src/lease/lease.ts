// How long the master may have been without word of this node. It decides when an instance that must not outlive that
// (policies `stop` and `replace`) has to end, before the master starts it elsewhere:
//
//   node     send report 7 ............................. stopAfterSeconds later: its VM ends
//                 \                    /                                        |
//   master         hear 7 ... document: heard 7 ........................... lostAfter later: started elsewhere
//
// The master counts from when it heard a report, the node from when it sent that same report, which is earlier, however
// long messages take. So reports are numbered, and the time is taken before one is made. Counting from the receipt of the
// document would be wrong: it may have been on its way for long.
//
// What is known is kept over a restart of the agent, by a clock that goes on meanwhile. A report of an earlier run is
// not found again here: the next one that is heard renews.
import { randomBytes } from 'node:crypto'
import type { ReportNumber } from '@bramble/contracts'
import type { Ledger } from '../ledger/ledger.ts'
import type { BootClock } from './boot-clock.ts'

export interface Lease {
  /** Numbers a report that is about to be made and sent. */
  number(): ReportNumber
  /** Takes what a desired document that is obeyed says of the last report heard. Resolves when it is kept. */
  renew(heard: ReportNumber | undefined): Promise<void>
  /** Since the last report that the master is known to have heard was sent; Infinity when none is. */
  silentMs(): number
  /** When that was, by the clock of this boot; -Infinity when none is. */
  heard(): { bootId: string; sentAtMs: number }
}

/** Nothing may run for so long without the master: older reports renew nothing. */
const rememberMs = 90_000

export function createLease(ledger: Pick<Ledger, 'heard' | 'putHeard'>, clock: BootClock): Lease {
  const { bootId } = clock
  const session = randomBytes(8).toString('hex')
  const sentAtMs = new Map<number, number>()
  let sequence = 0
  let heardSentAtMs = keptSentAtMs(ledger, clock)

  const forgetSentBefore = (ms: number) => {
    for (const [number, at] of sentAtMs) {
      if (at >= ms) return
      sentAtMs.delete(number)
    }
  }

  return {
    number: () => {
      const nowMs = clock.nowMs()
      forgetSentBefore(nowMs - rememberMs)
      sequence += 1
      sentAtMs.set(sequence, nowMs)
      return { session, sequence }
    },
    renew: async (heard) => {
      const sent = heard?.session === session ? sentAtMs.get(heard.sequence) : undefined
      if (sent === undefined || sent <= heardSentAtMs) return
      heardSentAtMs = sent
      await ledger.putHeard({ bootId, sentAtMs: sent })
    },
    silentMs: () => clock.nowMs() - heardSentAtMs,
    heard: () => ({ bootId, sentAtMs: heardSentAtMs }),
  }
}

function keptSentAtMs(ledger: Pick<Ledger, 'heard'>, { bootId, nowMs }: BootClock): number {
  const kept = ledger.heard()
  return kept?.bootId === bootId && kept.sentAtMs <= nowMs() ? kept.sentAtMs : -Infinity
}
