import type { Host } from './host.ts'
import { joinHost } from './join-host.ts'
import type { Joining, Outcome } from './join-host.ts'

export interface ManyHosts {
  hosts: readonly Host[]
  /** How many at the same time. */
  parallel: number
  onOutcome: (outcome: Outcome) => void
}

/** The outcomes, in the order of the hosts. */
export const joinHosts = async ({ hosts, parallel, onOutcome }: ManyHosts, joining: Joining): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  const waiting = hosts.entries()
  const joinSome = async () => {
    for (const [at, host] of waiting) onOutcome((outcomes[at] = await joinHost(host, joining)))
  }
  await Promise.all(Array.from({ length: parallel }, joinSome))
  return outcomes
}
