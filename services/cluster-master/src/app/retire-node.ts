import type { Node, NodeId } from '@bramble/contracts'
import { describeError, ProblemError } from '@bramble/kit'
import { demandJoining } from '../join/joining.ts'
import { takeAccess } from '../join/take-access.ts'
import type { Caller, Master } from '../master.ts'
import { undoUnlessWritten } from '../store/errors.ts'
import { checkAct } from './change-admission.ts'
import { evictInstances } from './evict-instances.ts'
import { findDocument } from './find-document.ts'

/**
 * Ends a node's part in the cloudlet. From the write on its token and its reports are refused; its broker user is taken
 * now, or by a task once the broker can be reached. With `force` its instances are given up: nobody waits to hear from the
 * node that they are gone. @throws `in_use` while it has some
 */
export async function retireNode(
  master: Master,
  caller: Caller,
  { id, force }: { id: NodeId; force: boolean },
): Promise<Node> {
  demandJoining(master)
  return master.inTurn(`node ${id}`, async () => {
    const before = findDocument(master.records.nodes, 'node', id)
    if (!force) checkEmpty(master, id)
    // Nothing is placed there while this is being written.
    master.fleet.nodeChanged({ ...before, admission: 'retired' })
    const retired = await store(master, caller, before).catch((error: unknown) => {
      undoUnlessWritten(error, () => master.fleet.nodeChanged(findDocument(master.records.nodes, 'node', id)))
      throw error
    })
    await evictInstances(master, caller, id)
    await takeNow(master, id)
    return retired
  })
}

function checkEmpty({ fleet }: Master, id: NodeId): void {
  const names = Array.from(fleet.node(id)?.instances.values() ?? [], ({ instance }) => instance.name)
  if (names.length > 0) throw new ProblemError('in_use', `The node ${id} has instances: ${names.join(', ')}.`)
}

async function store({ records, clock }: Master, { tokenId }: Caller, { id }: Node): Promise<Node> {
  const now = clock.now()
  const retired = await records.nodes.update(id, (node) => {
    checkAct('retire', node)
    if (node.admission === 'retired') return undefined
    const { identity, refusedKeys = [], ...rest } = node
    const own = identity ? [{ key: identity.key, until: identity.certificateExpiresAt }] : []
    const refused = [...refusedKeys, ...own].filter(({ until }) => until > now)
    const deed = { verb: 'retired', at: now, by: tokenId, revision: node.revision + 1 } as const
    return { ...rest, admission: 'retired', liveness: 'lost', refusedKeys: refused, deed }
  })
  return retired!
}

async function takeNow(master: Master, id: NodeId): Promise<void> {
  try {
    await takeAccess(master, id)
  } catch (error) {
    master.logger.warn({ node: id }, `retired, but not all could be taken from it yet: ${describeError(error)}`)
    master.work.retired.add(id)
  }
}
