import type { Lease, LeaseRecord, LeaseTerms } from '../lease.ts'
import type { TakenLease } from './take-lease.ts'

/** How far a check of isHeld() and the write after it may be apart, at most. */
const marginMs = 1000
const retryMs = 500

/** Beats until the lease is released, or somebody else has it. */
export function keepLease(record: LeaseRecord, taken: TakenLease, terms: LeaseTerms): Lease {
  const { clock, logger, leaseMs, beatMs, onLost } = terms
  let { state, sentMs } = taken
  let isOver = false
  let isPaused = false
  let cancelTimer = () => {}
  let underWay: Promise<void> = Promise.resolve()

  const isHeld = () => !isOver && clock.monotonicMs() - sentMs < leaseMs - marginMs

  const beat = async (): Promise<void> => {
    const next = { ...state, beat: state.beat + 1 }
    const nowMs = clock.monotonicMs()
    if (await record.write(next, state)) {
      state = next
      sentMs = nowMs
      return
    }
    const stored = await record.read()
    if (stored?.session !== state.session) return lose(stored?.holder ?? 'nobody')
    // A beat of ours whose answer was lost.
    state = stored
    return beat()
  }
  const lose = (holder: string) => {
    if (isOver) return
    isOver = true
    logger.error({ holder }, 'another master has the lease of the store')
    onLost(holder)
  }

  const beatAndGoOn = async () => {
    const failure = await beat().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    tellPause(failure)
    if (!isOver) schedule(failure ? Math.min(retryMs, beatMs) : beatMs)
  }
  const tellPause = (failure: { error: unknown } | undefined) => {
    if (isOver || isHeld() !== isPaused) return
    isPaused = !isPaused
    if (isPaused) logger.warn({ err: failure?.error }, 'the lease of the store ran out: nothing is written for now')
    else logger.info('the lease of the store is held again, nobody else had it')
  }
  const schedule = (delayMs: number) => {
    cancelTimer = clock.after(delayMs, () => void (underWay = beatAndGoOn()))
  }
  schedule(beatMs)

  return {
    isHeld,
    release: async () => {
      const wasOver = isOver
      isOver = true
      cancelTimer()
      await underWay
      // Who cannot be told finds out when the lease has run out.
      if (!wasOver) await record.clear(state).catch(() => {})
    },
  }
}
