// Takes desired documents from the bus in any order and any number of times; only a newer one changes anything. Where
// the bus is down at first, subscribing is tried again.
import { DesiredNode, receiverKey } from '@bramble/contracts'
import type { RevisionConflict } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Delivery, Subscription } from '@bramble/kit'
import type { AgentContext } from './context.ts'
import { crashPoint } from './crash-points.ts'

export interface Inbox {
  /** While the last document contradicted the stored one: somebody else writes as the master. */
  conflict(): RevisionConflict | undefined
  /** @throws while there is a conflict */
  check(): void
  stop(): Promise<void>
}

type Surroundings = Pick<AgentContext, 'node' | 'ledger' | 'clock' | 'logger'>

const lookAgainMs = 60_000

export interface InboxOptions {
  bus: Pick<Bus, 'subscribeDesired'>
  onAccepted: () => void
  onConflict: () => void
}

export function startInbox(context: Surroundings, { bus, onAccepted, onConflict }: InboxOptions): Inbox {
  const { node, clock, logger } = context
  let subscription: Subscription | undefined
  let conflict: RevisionConflict | undefined

  const handle = async ({ body }: Delivery) => {
    crashPoint('agent.desired.received')
    const document = DesiredNode.parse(body)
    const judgement = await acceptDesired(document, context)
    if (judgement === 'conflict') {
      conflict = { revision: document.revision, detail: 'two different desired documents came under one revision' }
      onConflict()
    }
    if (judgement !== 'newer') return
    crashPoint('agent.desired.written')
    conflict = undefined
    onAccepted()
  }
  const run = async () => {
    subscription ??= await bus.subscribeDesired(receiverKey('node', node), handle)
  }
  const task = createTask({ name: 'inbox', run, periodMs: lookAgainMs }, { clock, logger })
  task.start()

  return {
    conflict: () => conflict,
    check: () => {
      if (conflict) throw new Error(conflict.detail)
    },
    stop: async () => {
      await task.stop()
      await subscription?.stop()
    },
  }
}

async function acceptDesired(document: DesiredNode, { node, ledger, logger }: Surroundings) {
  if (document.node !== node) throw new Error(`a desired document for ${document.node} came to ${node}`)
  const judgement = await ledger.acceptDesired(document)
  const { revision } = document
  logger[judgement === 'conflict' ? 'error' : 'debug']({ revision, judgement }, `desired document is ${judgement}`)
  return judgement
}
