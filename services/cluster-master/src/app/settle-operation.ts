import { deriveId, isTerminal } from '@bramble/contracts'
import type { Operation } from '@bramble/contracts'
import { laterOf } from '@bramble/kit'
import { crashPartOf, crashPoint } from '../crash-points.ts'
import type { Outcome } from '../domain/steps/step.ts'
import type { Master } from '../master.ts'

/** Ends an operation, in exactly one way: whatever has ended stays as it is. */
export async function settleOperation(master: Master, operation: Operation, outcome: Outcome): Promise<void> {
  dropCapture(master, operation)
  await master.records.operations.update(operation.id, (current) => {
    if (isTerminal(current.status)) return undefined
    const ended = { ...current, status: outcome.status, phase: outcome.status, cancellable: false }
    const timings = timingsOf(master, operation)
    return {
      ...ended,
      endedAt: laterOf(current.startedAt ?? current.createdAt, master.clock.now()),
      ...(timings && { timings }),
      ...(outcome.status === 'failed' && { error: outcome.problem }),
    }
  })
  releaseUnstored(master, operation)
  crashPoint(`${crashPartOf[operation.kind]}.settled`)
  for (const { id } of operation.resources)
    for (const other of master.operations.about(id)) master.work.operations.add(other)
}

/** The desired document no longer names the capture: its node may forget how it went. */
export function dropCapture(master: Master, operation: Operation): void {
  if (operation.kind !== 'base.create' && operation.kind !== 'overlay.create') return
  const node = master.fleet.dropCapture(deriveId('capture', operation.id))
  if (node) master.work.nodes.add(node)
}

function timingsOf({ records }: Master, { intent }: Operation) {
  if (intent.kind === 'instance.launch') return records.instances.get(intent.instance.id)?.status.timings
  return intent.kind === 'instance.replace' ? records.instances.get(intent.instance)?.status.timings : undefined
}

/** An accepted instance that was cancelled before it was stored takes no room any more. */
function releaseUnstored({ records, fleet }: Master, { intent }: Operation): void {
  if (intent.kind !== 'instance.launch' || records.instances.get(intent.instance.id)) return
  fleet.release(intent.instance.id)
}
