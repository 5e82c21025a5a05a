// One invitation for all hosts of a call. Setting up a host may take longer than an invitation lives: it is made anew when it
// grew old. What nobody used is taken back at the end.
import type { CreatedInvitation } from '@bramble/contracts'

export interface Welcome {
  masterUrl: string
  /** What a host joins with now. */
  token: () => Promise<string>
  /** Takes back what is left. */
  close: () => Promise<void>
}

export interface Inviting {
  create: (uses: number) => Promise<CreatedInvitation>
  takeBack: (invitation: CreatedInvitation['invitation']) => Promise<void>
  /** How many hosts may still need it. */
  waiting: () => number
  /** Of the master, for one that does not tell its own. */
  masterUrl: string
  lifetimeMs: number
  now?: () => number
}

/** Invites at once: who may not do that learns it before anything is done on a host. */
export const openWelcome = async (inviting: Inviting): Promise<Welcome> => {
  const { create, takeBack, waiting, masterUrl, lifetimeMs, now = () => performance.now() } = inviting
  const made: CreatedInvitation[] = []
  const invite = async () => {
    const created = await create(waiting())
    made.push(created)
    return created
  }
  let current = { madeAt: now(), created: invite() }
  const first = await current.created
  const token = async () => {
    if (now() - current.madeAt > lifetimeMs / 2) current = { madeAt: now(), created: invite() }
    return (await current.created).token
  }
  const close = async () => {
    for (const { invitation } of made) await takeBack(invitation)
  }
  return { masterUrl: first.masterUrl ?? masterUrl, token, close }
}
