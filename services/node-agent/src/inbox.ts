// Takes desired documents from the bus in any order and any number of times; only a newer one changes anything. Where
// the bus is down at first, subscribing is tried again.
import { DesiredNode, receiverKey } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Delivery, Subscription } from '@bramble/kit'
import type { AgentContext } from './context.ts'
import { crashPoint } from './crash-points.ts'

export interface Inbox {
  /** @throws while the last document contradicted the stored one: somebody else writes as the master */
  check(): void
  stop(): Promise<void>
}

type Surroundings = Pick<AgentContext, 'node' | 'ledger' | 'clock' | 'logger'>

const lookAgainMs = 60_000

export function startInbox(context: Surroundings, bus: Pick<Bus, 'subscribeDesired'>, onAccepted: () => void): Inbox {
  const { node, clock, logger } = context
  let subscription: Subscription | undefined
  let conflict: string | undefined

  const handle = async ({ body }: Delivery) => {
    crashPoint('agent.desired.received')
    const judgement = await acceptDesired(DesiredNode.parse(body), context)
    if (judgement === 'conflict') conflict = 'two different desired documents came under one revision'
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
    check: () => {
      if (conflict) throw new Error(conflict)
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
