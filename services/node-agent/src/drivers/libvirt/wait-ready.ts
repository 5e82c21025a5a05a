import { setTimeout as sleep } from 'node:timers/promises'
import type { Probe } from '@bramble/contracts'
import { describeError, ProblemError } from '@bramble/kit'
import type { Slot } from '../driver.ts'
import { domainState } from './domain-ref.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { forwardOf, probeGuest } from './probe-guest.ts'

// A try ends early, so that one lost packet costs little; each next one may take longer, for guests that are slow.
const firstTryMs = 1000
const longestTryMs = 10_000

/** Resolves at the guest's first right answer. Rejects with guest_not_ready, guest_stopped, or when `signal` aborts. */
export async function waitReady(context: LibvirtContext, slot: Slot, probe: Probe | undefined, signal: AbortSignal) {
  await mustBeAlive(context, slot)
  if (probe === undefined) return
  const forward = forwardOf(probe, slot.forwards)
  if (forward === undefined)
    throw new ProblemError('guest_not_ready', `Port ${probe.port} of the guest has no forward.`)

  const stopped = new AbortController()
  const endWatch = context.lifecycle.onStopped(slot.domainUuid, () => stopped.abort(guestStopped()))
  try {
    const ended = AbortSignal.any([signal, stopped.signal])
    await tryUntil(probe, { ended, attempt: (limit) => probeGuest(probe, forward, limit) }, () =>
      mustBeAlive(context, slot),
    )
  } finally {
    endWatch()
  }
}

interface Trying {
  ended: AbortSignal
  attempt: (limit: AbortSignal) => Promise<void>
}

async function tryUntil({ timeoutSeconds, intervalMs }: Probe, { ended, attempt }: Trying, check: () => Promise<void>) {
  const deadline = performance.now() + timeoutSeconds * 1000
  for (let tryMs = firstTryMs; ; tryMs = Math.min(tryMs * 2, longestTryMs)) {
    ended.throwIfAborted()
    const leftMs = Math.max(1, deadline - performance.now())
    const limit = AbortSignal.timeout(Math.ceil(Math.min(tryMs, leftMs)))
    const failure = await attempt(AbortSignal.any([ended, limit])).then(() => undefined, asError)
    if (failure === undefined) return
    ended.throwIfAborted()
    await check()
    if (performance.now() >= deadline)
      throw notReady(timeoutSeconds, limit.aborted ? 'no answer' : describeError(failure))
    if (limit.aborted) continue
    // It answered, but wrongly, or refused at once: a longer try would not help.
    tryMs /= 2
    await sleep(Math.min(intervalMs, leftMs), undefined, { signal: ended }).catch(() => {})
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

const notReady = (timeoutSeconds: number, last: string) =>
  new ProblemError('guest_not_ready', `The guest did not answer its probe within ${timeoutSeconds} s; last: ${last}.`)

const guestStopped = () => new ProblemError('guest_stopped', 'The guest stopped before it answered its probe.')

async function mustBeAlive({ libvirt }: LibvirtContext, slot: Slot): Promise<void> {
  const { state } = await domainState(libvirt, slot)
  if (state === 'gone' || state === 'shutoff' || state === 'crashed') throw guestStopped()
}
