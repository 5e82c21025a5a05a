import type { z } from 'zod'
import { DesiredNode } from '@bramble/contracts'
import type { CaptureId, InstanceId } from '@bramble/contracts'
import { CaptureRecord, HeardRecord, InstanceRecord } from './records.ts'
import type { LedgerStorage, Shelf, StoredDocument } from './storage.ts'

export interface LedgerContent {
  desired: DesiredNode | undefined
  instances: Map<InstanceId, InstanceRecord>
  captures: Map<CaptureId, CaptureRecord>
  heard: HeardRecord | undefined
}

export async function readLedger(storage: LedgerStorage): Promise<LedgerContent> {
  const documents = await storage.readAll()
  const onShelf = <S extends z.ZodType>(shelf: Shelf, schema: S) =>
    documents.filter((document) => document.shelf === shelf).map((document) => readDocument(document, schema))
  return {
    desired: onShelf('desired', DesiredNode)[0],
    instances: new Map(onShelf('instances', InstanceRecord).map((record) => [record.instance.id, record])),
    heard: onShelf('heard', HeardRecord)[0],
    captures: new Map(onShelf('captures', CaptureRecord).map((record) => [record.capture.id, record])),
  }
}

function readDocument<S extends z.ZodType>({ shelf, name, text }: StoredDocument, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`cannot read ${shelf}/${name} of the ledger; restore it, or move it away to give that up`, {
      cause,
    })
  }
}
