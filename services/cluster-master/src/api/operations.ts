import { routes } from '@bramble/contracts'
import { cancelOperation } from '../app/cancel-operation.ts'
import { awaitOperation, showOperation } from '../app/show-operation.ts'
import { projectOperation } from '../fleet/project.ts'
import { replyAccepted } from './answer-once.ts'
import { listDocuments } from './list-documents.ts'
import type { Api } from './serve.ts'

const longestWaitMs = 60_000

export function serveOperations({ serve, master }: Api): void {
  serve(routes.operations.list, ({ query }) =>
    listDocuments(master.store.collection('operations'), query, (it) => projectOperation(master.fleet, it)),
  )
  serve(routes.operations.show, ({ params, query: { wait }, closing, response }) => {
    if (wait === undefined) return showOperation(master, params.operation)
    const enough = new AbortController()
    // Given a reason, abort() makes no exception with a stack of its own: this ends every wait of every launch.
    const giveUp = () => enough.abort('waited enough')
    const cancelTimer = master.clock.after(waitMsOf(wait), giveUp)
    closing.addEventListener('abort', giveUp)
    if (closing.aborted) giveUp()
    response.once('close', () => {
      cancelTimer()
      closing.removeEventListener('abort', giveUp)
      giveUp()
    })
    return awaitOperation(master, params.operation, enough.signal)
  })
  serve(routes.operations.cancel, async ({ params }) => replyAccepted(await cancelOperation(master, params.operation)))
}

/** `30s` or `500ms`. */
const waitMsOf = (wait: string) => Math.min(longestWaitMs, parseInt(wait, 10) * (wait.endsWith('ms') ? 1 : 1000))
