// What this node must not forget: the last desired document, its instances with their slots, the captures begun, and when
// the master last heard of it.
// One small document per thing, so that a launch costs the same with one instance as with five hundred. Reads come from
// memory and show only what is durable; writes of one thing are done one after another, each on top of the last.
import { DesiredNode } from '@bramble/contracts'
import type { CaptureId, InstanceId } from '@bramble/contracts'
import { createMessageWriter } from '@bramble/kit'
import { judgeRevision } from './judge-revision.ts'
import type { Judgement } from './judge-revision.ts'
import { readLedger } from './read-ledger.ts'
import { CaptureRecord, InstanceRecord } from './records.ts'
import type { Captures, HeardRecord, Instances } from './records.ts'
import type { LedgerStorage, Shelf } from './storage.ts'
import { keyedQueue } from './keyed-queue.ts'

/** What was written, and what stood there before; undefined: nothing. */
export type Written =
  | { kind: 'desired' }
  | { kind: 'instance'; id: InstanceId; before: InstanceRecord | undefined; after: InstanceRecord | undefined }
  | { kind: 'capture'; after: CaptureRecord | undefined }
  | { kind: 'heard' }

export interface Ledger {
  desired(): DesiredNode | undefined
  instances(): Instances
  captures(): Captures
  heard(): HeardRecord | undefined
  /** Keeps a document that is newer than the stored one, and says what it found. */
  acceptDesired(document: DesiredNode): Promise<Judgement>
  /** Writes what `change` makes of the record as it is then; undefined removes it. */
  updateInstance(
    id: InstanceId,
    change: (record: InstanceRecord | undefined) => InstanceRecord | undefined,
  ): Promise<void>
  putCapture(record: CaptureRecord): Promise<void>
  removeCapture(id: CaptureId): Promise<void>
  putHeard(record: HeardRecord): Promise<void>
  /** Calls back after each durable write. */
  onWrite(listener: (written: Written) => void): void
  /** Refuses all writes from now on: what an agent that stopped still has under way must not write under its successor. */
  close(): Promise<void>
}

const nodeName = 'node'

/** @throws when a document is damaged: without it, a healthy VM would count as an orphan */
export async function openLedger(storage: LedgerStorage): Promise<Ledger> {
  const read = await readLedger(storage)
  const { instances, captures } = read
  let desired = read.desired
  let heard = read.heard
  let isClosed = false
  const listeners: ((written: Written) => void)[] = []
  const queue = keyedQueue()
  const writeDesired = createMessageWriter()

  const inTurn = <T>(shelf: Shelf, name: string, act: () => Promise<T>) =>
    queue.run(`${shelf}/${name}`, () => {
      if (isClosed) throw new LedgerClosedError()
      return act()
    })
  const write = (shelf: Shelf, name: string, document: unknown) =>
    storage.write({ shelf, name, json: () => JSON.stringify(document) })
  const tell = (written: Written) => listeners.forEach((listener) => listener(written))

  return {
    desired: () => desired,
    instances: () => instances,
    captures: () => captures,
    heard: () => heard,
    acceptDesired: (document) =>
      inTurn('desired', nodeName, async () => {
        const judgement = judgeRevision(desired, document)
        if (judgement !== 'newer') return judgement
        await storage.write({ shelf: 'desired', name: nodeName, json: () => writeDesired(nodeName, document) })
        desired = document
        tell({ kind: 'desired' })
        return judgement
      }),
    updateInstance: (id, change) =>
      inTurn('instances', id, async () => {
        const before = instances.get(id)
        const after = change(before)
        if (after === before) return
        if (after) await write('instances', id, after)
        else await storage.remove('instances', id)
        if (after) instances.set(id, after)
        else instances.delete(id)
        tell({ kind: 'instance', id, before, after })
      }),
    putCapture: (record) =>
      inTurn('captures', record.capture.id, async () => {
        await write('captures', record.capture.id, record)
        captures.set(record.capture.id, record)
        tell({ kind: 'capture', after: record })
      }),
    removeCapture: (id) =>
      inTurn('captures', id, async () => {
        await storage.remove('captures', id)
        captures.delete(id)
        tell({ kind: 'capture', after: undefined })
      }),
    putHeard: (record) =>
      inTurn('heard', nodeName, async () => {
        await write('heard', nodeName, record)
        heard = record
        tell({ kind: 'heard' })
      }),
    onWrite: (listener) => void listeners.push(listener),
    close: () => {
      isClosed = true
      return queue.idle()
    },
  }
}

export class LedgerClosedError extends Error {
  constructor() {
    super('the ledger is closed: the agent stops')
    this.name = 'LedgerClosedError'
  }
}
