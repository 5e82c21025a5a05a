// Tries a probe until the guest answers. A try at a guest that boots can hang for long: passt has accepted it, and asks
// the guest again at ever longer intervals. So a new try begins a little later while the last ones still wait.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Probe } from '@bramble/contracts'
import { describeError, ProblemError } from '@bramble/kit'
import type { Slot } from '../driver.ts'
import { domainState } from './domain-ref.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { forwardOf, probeGuest } from './probe-guest.ts'

const firstSpacingMs = 250
const longestSpacingMs = 2000
/** The oldest one is given up for a new one: a slow guest has about ten seconds for an answer. */
const maxOpenTries = 6

/** Resolves at the guest's first right answer. Rejects with guest_not_ready, guest_stopped, or when `signal` aborts. */
export async function waitReady(context: LibvirtContext, slot: Slot, probe: Probe | undefined, signal: AbortSignal) {
  await mustBeAlive(context, slot)
  if (probe === undefined) return
  const forward = forwardOf(probe, slot.forwards)
  if (forward === undefined)
    throw new ProblemError('guest_not_ready', `Port ${probe.port} of the guest has no forward.`)

  const stopped = new AbortController()
  const endWatch = context.lifecycle.onStopped(slot.domainUuid, () => stopped.abort(guestStopped()))
  const ended = AbortSignal.any([signal, stopped.signal])
  try {
    const attempt = (limit: AbortSignal) => probeGuest(probe, forward, AbortSignal.any([ended, limit]))
    await tryUntil(probe, { ended, attempt, check: () => mustBeAlive(context, slot) })
  } finally {
    endWatch()
  }
}

interface Trying {
  ended: AbortSignal
  attempt: (limit: AbortSignal) => Promise<void>
  check: () => Promise<void>
}

async function tryUntil({ timeoutSeconds, intervalMs }: Probe, { ended, attempt, check }: Trying): Promise<void> {
  const over = new AbortController()
  const deadline = AbortSignal.any([AbortSignal.timeout(timeoutSeconds * 1000), ended])
  const tries = new OpenTries(attempt)
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: AbortSignal.any([over.signal, deadline]) }).catch(() => {})
  try {
    for (let spacingMs = firstSpacingMs; ; spacingMs = Math.min(spacingMs * 1.5, longestSpacingMs)) {
      const refused = tries.begin().then(() => pause(intervalMs))
      if (await Promise.race([tries.answered, refused, pause(spacingMs)])) return
      ended.throwIfAborted()
      await check()
      if (deadline.aborted) throw notReady(timeoutSeconds, tries.lastFailure)
    }
  } finally {
    over.abort()
    tries.giveUp()
  }
}

class OpenTries {
  readonly #attempt: Trying['attempt']
  readonly #limits: AbortController[] = []
  readonly #answered = Promise.withResolvers<true>()
  lastFailure = 'no answer'

  constructor(attempt: Trying['attempt']) {
    this.#attempt = attempt
  }

  get answered(): Promise<true> {
    return this.#answered.promise
  }

  /** Resolves when this try has failed; never when it is answered. */
  begin(): Promise<void> {
    const limit = new AbortController()
    this.#limits.push(limit)
    if (this.#limits.length > maxOpenTries) this.#limits.shift()!.abort()
    const failed = Promise.withResolvers<void>()
    this.#attempt(limit.signal).then(
      () => this.#answered.resolve(true),
      (error: unknown) => {
        if (!limit.signal.aborted) this.lastFailure = describeError(error)
        failed.resolve()
      },
    )
    return failed.promise
  }

  giveUp(): void {
    for (const limit of this.#limits) limit.abort()
  }
}

const notReady = (timeoutSeconds: number, last: string) =>
  new ProblemError('guest_not_ready', `The guest did not answer its probe within ${timeoutSeconds} s; last: ${last}.`)

const guestStopped = () => new ProblemError('guest_stopped', 'The guest stopped before it answered its probe.')

async function mustBeAlive({ libvirt }: LibvirtContext, slot: Slot): Promise<void> {
  const { state } = await domainState(libvirt, slot)
  if (state === 'gone' || state === 'shutoff' || state === 'crashed') throw guestStopped()
}
