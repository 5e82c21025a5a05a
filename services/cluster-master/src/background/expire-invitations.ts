import { addMs } from '@bramble/kit'
import type { TaskDefinition } from '@bramble/kit'
import type { Master } from '../master.ts'

/** How long one that has expired is kept: to tell who comes late, or with a used token, what is wrong. */
const keepMs = 86_400_000

export function expireInvitations({ records, clock }: Pick<Master, 'records' | 'clock'>): TaskDefinition {
  return {
    name: 'expire-invitations',
    periodMs: 600_000,
    run: async () => {
      const before = addMs(clock.now(), -keepMs)
      const old = [...records.invitations.values()].filter(({ expiresAt }) => expiresAt < before)
      for (const { id } of old) await records.invitations.remove(id)
    },
  }
}
