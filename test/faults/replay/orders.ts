import type { Random } from '../support/seeded-random.ts'

/** In which order, and how often, messages arrive. */
export type Order = <T>(messages: readonly T[]) => T[]

export const straight: Order = (messages) => [...messages]
export const twice: Order = (messages) => messages.flatMap((message) => [message, message])
export const reversed: Order = (messages) => messages.toReversed()

/** Any order, and some of them again. */
export const shuffled =
  (random: Random): Order =>
  (messages) => {
    const all = [...messages, ...messages.filter(() => random() < 0.2)]
    for (let at = all.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1))
      ;[all[at], all[other]] = [all[other]!, all[at]!]
    }
    return all
  }
