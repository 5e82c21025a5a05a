// Instances and captures of a node -> its one desired document. A document is made anew for nodes where something
// changed, at most once per 100 ms, so that a burst of launches costs one message, and not at all when it comes out the
// same; it is sent again as it is to a node whose reports show another revision, and to all from time to time.
//
// A node with instances that may run only for so long without the master is told, every 15 s, which of its reports was
// heard last: in the same document, made anew. What was heard and what is named are always of one moment, so that a
// report heard after an instance was left out can renew nothing for it (domain/replacement.ts).
//
// Revisions: the epoch is stored at every start; within it n counts over all nodes and is reserved in the store ahead of
// use, a block at a time, so that no n is ever given twice.
import { isDeepStrictEqual } from 'node:util'
import { canNode, compareRevisions, receiverKey } from '@bramble/contracts'
import type { DesiredNode, NodeId } from '@bramble/contracts'
import type { TaskDefinition } from '@bramble/kit'
import { crashPoint } from '../crash-points.ts'
import { chooseNeighbours } from '../domain/neighbours.ts'
import type { FleetNode } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'
import { desiredInstancesOf } from './desired-instances-of.ts'
import type { RevisionCounter } from './revision-counter.ts'

const minIntervalMs = 100
const resendAllMs = 600_000
const renewMs = 15_000
/** Nodes that nothing has changed for are looked through no more often: a busy master is called up a hundred times a second. */
const sweepMs = 1000
/** Each waits for the broker's confirmation of its document alone; documents for all of thousands would fill the memory. */
const sideBySide = 250
/** A report that was on its way when the document was sent shows the revision before: no reason to send again. */
const obeyWithinMs = 5000

export function publishDesired(master: Master, revisions: RevisionCounter): TaskDefinition {
  const { work, clock } = master
  const tooSoon = new Map<NodeId, () => void>()
  let factsLost = 0
  let sweptAtMs = -Infinity

  const publishLater = (id: NodeId, delayMs: number) => {
    if (tooSoon.has(id)) return
    const again = () => {
      tooSoon.delete(id)
      work.nodes.add(id)
    }
    tooSoon.set(id, clock.after(delayMs, again))
  }

  return {
    name: 'publish-desired',
    periodMs: obeyWithinMs,
    run: async (stopping) => {
      if (factsLost !== factsLostOf(master)) for (const { id } of master.fleet.nodes()) work.nodes.add(id)
      factsLost = factsLostOf(master)
      const nowMs = clock.monotonicMs()
      const failures = new Map<NodeId, unknown>()
      const publishEach = async (
        ids: readonly NodeId[],
        publishOne: (node: FleetNode) => Promise<void> | undefined,
      ) => {
        for (let at = 0; at < ids.length && !stopping.aborted; at += sideBySide)
          await Promise.all(
            ids.slice(at, at + sideBySide).map(async (id) => {
              // Much may have become of it while others were waited for.
              const node = master.fleet.node(id)
              if (!node) return
              if (!canNode('serve', node.admission)) return void giveUpDeleted(master, node)
              await publishOne(node)?.catch((error: unknown) => failures.set(id, error))
            }),
          )
      }

      await publishEach(work.nodes.take(), (node) => {
        const dueInMs = (node.published?.atMs ?? -Infinity) + minIntervalMs - nowMs
        if (dueInMs > 0) return void publishLater(node.id, dueInMs)
        return publish(master, node, revisions)
      })
      if (nowMs - sweptAtMs >= sweepMs) {
        sweptAtMs = nowMs
        // Of thousands few are due: those alone cost more than a look.
        const due: NodeId[] = []
        for (const node of master.fleet.nodes())
          if (!failures.has(node.id) && (needsResend(node, nowMs) || isRenewalDue(node, nowMs))) due.push(node.id)
        await publishEach(due, (node) => publish(master, node, revisions))
      }
      // What failed for one node is nothing to the others, and is not forgotten.
      for (const id of failures.keys()) work.nodes.add(id)
      if (failures.size > 0)
        throw new AggregateError(failures.values(), `${failures.size} desired documents were not sent`)
    },
  }
}

async function publish(master: Master, node: FleetNode, revisions: RevisionCounter): Promise<void> {
  const [refusedNodes, factsLost] = [master.refusedNodes.list(), factsLostOf(master)]
  const { desired, unwanted } = desiredInstancesOf(master, node)
  const wanted = {
    instances: desired,
    captures: [...node.captures.values()],
    ...(refusedNodes && { refusedNodes }),
    ...(factsLost > 0 && { factsLost }),
  }
  const isLeased = wanted.instances.some(({ stopAfterSeconds }) => stopAfterSeconds !== undefined)
  const news = isLeased && node.heard ? { heard: node.heard } : {}
  const dropped = unwanted.filter((id) => !node.withoutSince.has(id))
  if (dropped.length === 0 && node.published && isSame(node.published.document, wanted)) {
    const nowMs = master.clock.monotonicMs()
    if (!needsResend(node, nowMs) && !isRenewalDue(node, nowMs)) return
    node.published.document = { ...node.published.document, ...news }
    return send(master, node)
  }
  const revision = await revisions.next()
  const neighbours = chooseNeighbours(node, wanted.instances, master.fleet.nodes())
  const document: DesiredNode = {
    ...{ type: 'desired.node.v1', node: node.id, revision, ...news, ...wanted },
    ...(neighbours.length > 0 && { neighbours }),
  }
  // From this revision on a report without the instance means that it is gone.
  for (const id of dropped) node.withoutSince.set(id, revision)
  for (const id of node.withoutSince.keys()) if (!node.instances.has(id)) node.withoutSince.delete(id)
  node.published = { document, atMs: master.clock.monotonicMs(), isLeased }
  await send(master, node)
  if (document.instances.length > 0) crashPoint('launch.published')
  if (document.captures.length > 0) crashPoint('capture.published')
  if (node.withoutSince.size > 0) crashPoint('delete.published')
  if (document.instances.some(({ incarnation }) => incarnation !== undefined)) crashPoint('replace.published')
}

const factsLostOf = ({ bus }: Pick<Master, 'bus'>): number => bus.factsLost?.() ?? 0

type Wanted = Pick<DesiredNode, 'instances' | 'captures' | 'refusedNodes' | 'factsLost'>

/** The removal of an instance that was left out before, for example, is nothing that a node need hear of. */
const isSame = (document: DesiredNode, wanted: Wanted): boolean =>
  document.instances.length === wanted.instances.length && isDeepStrictEqual(wantedOf(document), wantedOf(wanted))

const wantedOf = ({ instances, captures, refusedNodes, factsLost }: Wanted) => [
  instances,
  captures,
  refusedNodes,
  factsLost,
]

/** A retired node is not waited for: what was to be deleted there counts as gone. */
function giveUpDeleted({ records, work }: Master, node: FleetNode): void {
  for (const id of node.instances.keys()) {
    if (records.instances.get(id)?.status.phase !== 'deleting') continue
    node.gone.add(id)
    work.observed.add(id)
  }
}

async function send({ bus, clock }: Master, node: FleetNode): Promise<void> {
  const { published } = node
  if (!published) return
  published.atMs = clock.monotonicMs()
  try {
    await bus.publishDesired(receiverKey('node', node.id), published.document)
  } catch (error) {
    // As if sent long ago: the next run sends it again.
    published.atMs = -Infinity
    throw error
  }
}

function needsResend({ admission, published, obeys, heardAtMs }: FleetNode, nowMs: number): boolean {
  if (!published || !canNode('serve', admission)) return false
  if (nowMs - published.atMs >= resendAllMs) return true
  const isHeardSince = heardAtMs !== undefined && heardAtMs - published.atMs >= obeyWithinMs
  return isHeardSince && (!obeys || compareRevisions(obeys, published.document.revision) !== 0)
}

/** At once when nothing of the present run of its agent was told it: what it has may be about to end. */
function isRenewalDue({ published, heard, admission }: FleetNode, nowMs: number): boolean {
  if (!published?.isLeased || !heard || !canNode('serve', admission)) return false
  const told = published.document.heard
  if (told?.session !== heard.session) return true
  return told.sequence !== heard.sequence && nowMs - published.atMs >= renewMs
}
