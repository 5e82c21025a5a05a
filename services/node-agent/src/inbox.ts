// Takes desired documents from the bus in any order and any number of times; only a newer one changes anything. Where
// the bus is down at first, subscribing is tried again.
//
// A master begins a later epoch at each start, so documents of an earlier one come from a master that was replaced, or
// from one that lost its store. Of the second it has to be told: to the node nothing that it wants is new.
import { completeReader, DesiredNode, receiverKey } from '@bramble/contracts'
import type { RevisionConflict } from '@bramble/contracts'
import { createTask } from '@bramble/kit'
import type { Bus, Delivery, Subscription } from '@bramble/kit'
import type { AgentContext } from './context.ts'
import { crashPoint } from './crash-points.ts'

export interface Inbox {
  /** While the last document contradicted the stored one: somebody else writes as the master. */
  conflict(): RevisionConflict | undefined
  /** @throws while there is a conflict, or while documents of an earlier epoch come */
  check(): void
  stop(): Promise<void>
}

type Surroundings = Pick<AgentContext, 'node' | 'ledger' | 'lease' | 'clock' | 'logger'>

const lookAgainMs = 60_000

export interface InboxOptions {
  bus: Pick<Bus, 'subscribeDesired'>
  onAccepted: () => void
  onConflict: () => void
}

export function startInbox(context: Surroundings, { bus, onAccepted, onConflict }: InboxOptions): Inbox {
  const { node, clock, logger } = context
  const readDesired = completeReader(DesiredNode)
  let subscription: Subscription | undefined
  let conflict: RevisionConflict | undefined
  let outdated: string | undefined

  const handle = async ({ body }: Delivery) => {
    crashPoint('agent.desired.received')
    const document = readDesired(body)
    const judgement = await acceptDesired(document, context)
    if (judgement === 'conflict') {
      conflict = { revision: document.revision, detail: 'two different desired documents came under one revision' }
      onConflict()
    }
    outdated = noteOutdated(outdated, document, context)
    if (judgement === 'newer' || judgement === 'same') await context.lease.renew(document.heard)
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
      const trouble = conflict?.detail ?? outdated
      if (trouble) throw new Error(trouble)
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

/** What is wrong with its epoch, logged once; undefined when nothing is. */
function noteOutdated(told: string | undefined, { revision }: DesiredNode, { ledger, logger }: Surroundings) {
  const obeyed = ledger.desired()?.revision
  if (!obeyed || revision.epoch >= obeyed.epoch) return undefined
  if (told !== undefined) return told
  const text =
    `the master sends documents of epoch ${revision.epoch}, this node obeys epoch ${obeyed.epoch}: the master's store ` +
    'is new or was restored, or another master took over; nothing that these documents want is done'
  logger.warn({ revision, obeyed }, text)
  return text
}
