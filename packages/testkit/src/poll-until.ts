import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 20

/** Asks again and again until the answer is neither undefined nor false, and gives it; rejects after `timeoutMs`. */
export async function pollUntil<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(pollMs)
  }
}
