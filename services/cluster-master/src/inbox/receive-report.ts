// A report is looked at and done with at once: the bus hands them over one by one. What it tells of instances is marked
// for a task; only what changes seldom is stored here: that a node is back, is another host, or refuses its document.
import {
  canNode,
  completeReader,
  isSameIncarnation,
  isSameList,
  placesIn,
  ReportNode,
  senderOf,
} from '@bramble/contracts'
import type { CaptureOutcome, HostFacts, Node, ObservedInstance } from '@bramble/contracts'
import { msBetween } from '@bramble/kit'
import type { Delivery } from '@bramble/kit'
import { isGone, isWorthStoring } from '../domain/observed.ts'
import type { FleetNode } from '../fleet/fleet-node.ts'
import type { Master } from '../master.ts'
import { noteConflict } from './note-conflict.ts'
import { shareWithStored } from './share-with-stored.ts'

const lookAgainMs = 60_000

export function createReportReceiver(master: Master): (delivery: Delivery) => Promise<void> {
  const readReport = completeReader(ReportNode)
  const strangers = new Set<string>()

  return async ({ key, body }) => {
    const report = readReport(body)
    if (senderOf(key) !== `node.${report.node}`) throw new Error(`${key} reports for ${report.node}`)
    const node = master.fleet.node(report.node)
    if (!node || !canNode('serve', node.admission)) {
      if (!strangers.has(report.node)) master.logger.warn({ node: report.node }, 'unknown node reports; ignored')
      strangers.add(report.node)
      return
    }
    // To an agent that was started since, or never heard by this master, nothing renews what it may run.
    const isNewSession = node.heard?.session !== report.session
    const fresh = isLookDue(master, node) ? report.instances : freshOf(node, report)
    noteReport(master, { node, report, observed: observedNow(node, report, fresh) })
    if (isNewSession) master.work.nodes.add(node.id)
    noteInstances(master, node, fresh)
    noteGone(master, node, report)
    for (const outcome of report.captures) noteCapture(master, node, outcome)
    await storeNode(master, report)
    await noteConflict(master, node, report)
  }
}

/** What was told before was looked at, and is looked at again seldom: nothing stays amiss for good. */
function isLookDue({ clock }: Master, node: FleetNode): boolean {
  const nowMs = clock.monotonicMs()
  if (nowMs - (node.lookedAtMs ?? -Infinity) < lookAgainMs) return false
  node.lookedAtMs = nowMs
  return true
}

/** What it tells of instances and has not told before. */
function freshOf({ told = [] }: FleetNode, { instances }: ReportNode): ObservedInstance[] {
  if (instances === told) return []
  const places = placesIn(told, instances)
  return instances.filter((_, at) => places[at] === -1)
}

function observedNow({ observed }: FleetNode, { instances }: ReportNode, fresh: readonly ObservedInstance[]) {
  for (const instance of fresh) observed.set(instance.id, instance)
  // Otherwise some are told of no more.
  if (observed.size === instances.length) return observed
  return new Map(instances.map((instance) => [instance.id, instance]))
}

function noteReport(
  { fleet, clock }: Master,
  { node, report, observed }: { node: FleetNode; report: ReportNode; observed: FleetNode['observed'] },
): void {
  fleet.report(report.node, {
    heardAtMs: clock.monotonicMs(),
    heard: { session: report.session, sequence: report.sequence },
    lastSeenAt: clock.now(),
    clockAheadMs: msBetween(clock.now(), report.at),
    obeys: report.obeys,
    conflict: report.conflict,
    troubles: report.troubles,
    free: report.free,
    ...cachedNow(node, report),
    told: report.instances,
    observed,
  })
}

/** What it has as before is kept: a list of each of thousands of reports lives long enough to be work. */
function cachedNow({ cached, cachedBases = [], cachedOverlays = [] }: FleetNode, report: ReportNode) {
  if (isSameList(cachedBases, report.cachedBases) && isSameList(cachedOverlays, report.cachedOverlays))
    return { cached, cachedBases, cachedOverlays }
  const { cachedBases: bases, cachedOverlays: overlays } = report
  return { cached: new Set([...bases, ...overlays]), cachedBases: bases, cachedOverlays: overlays }
}

/** Where neither what is told nor what is stored is new, that was looked at before. */
function noteInstances({ records, work }: Master, node: FleetNode, fresh: readonly ObservedInstance[]): void {
  const note = (observed: ObservedInstance) => {
    const stored = records.instances.get(observed.id)
    if (stored?.node !== node.id || !isSameIncarnation(stored, observed)) return
    shareWithStored(observed, stored)
    if (isWorthStoring(observed, stored.status)) work.observed.add(observed.id)
  }
  fresh.forEach(note)
  for (const id of node.heldSince) {
    const observed = node.observed.get(id)
    if (observed) note(observed)
  }
  node.heldSince.clear()
}

function noteGone({ work }: Master, node: FleetNode, report: ReportNode): void {
  for (const [id, revision] of node.withoutSince) {
    if (!isGone({ obeys: report.obeys, isShown: node.observed.has(id) }, revision)) continue
    node.gone.add(id)
    work.observed.add(id)
  }
}

function noteCapture({ operations, work }: Master, node: FleetNode, outcome: CaptureOutcome): void {
  const capture = node.captures.get(outcome.id)
  if (!capture) return
  const before = node.outcomes.get(outcome.id)
  node.outcomes.set(outcome.id, outcome)
  if (before?.status === outcome.status) return
  for (const operation of operations.about(capture.instance)) work.operations.add(operation)
}

/** Only what changes seldom is worth a write: that it reports again, and what host it is. */
async function storeNode({ records }: Master, { node: id, host }: ReportNode): Promise<void> {
  const differs = (node: Node) => node.liveness !== 'ready' || !isSameHost(node.host, host)
  const stored = records.nodes.get(id)
  if (!stored || !differs(stored)) return
  await records.nodes.update(id, (node) => (differs(node) ? { ...node, liveness: 'ready', host } : undefined))
}

const isSameHost = (a: HostFacts | undefined, b: HostFacts) => JSON.stringify(a) === JSON.stringify(b)
