import { deriveId } from '@bramble/contracts'
import type { CreateBase, Operation, OperationId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Caller, Master } from '../master.ts'
import { acceptOperation, operationIdFor } from './accept-operation.ts'
import { builderOf } from './builder.ts'
import { checkNameFree } from './find-document.ts'
import { placeInstance } from './place-instance.ts'
import { readPushedBase } from './read-pushed-base.ts'

/** Accepts the making of a base from a pushed disk, or the registration of a pushed base. */
export async function createBase(master: Master, caller: Caller, request: CreateBase): Promise<Operation> {
  checkNameFree(master.records.bases, 'base', request.name)
  const id = operationIdFor(caller)
  await checkSource(master, request, id)
  const resources: Operation['resources'] = [{ kind: 'base', id: deriveId('base', id) }]
  if (request.source.kind === 'disk') resources.push({ kind: 'instance', id: deriveId('instance', id) })
  return acceptOperation(master, caller, {
    id,
    intent: { kind: 'base.create', request },
    resources,
    cancellable: true,
  })
}

/** What can be refused before any work is. */
async function checkSource(master: Master, { name, source }: CreateBase, id: OperationId): Promise<void> {
  if (source.kind === 'manifest') return void (await readPushedBase(master, source.digest))
  const { wanted } = builderOf({ name, source, operation: id })
  placeInstance(master, [wanted])
  if (!(await master.artifacts.hasBlob(source.disk)))
    throw new ProblemError('blob_unknown', `There is no blob ${source.disk}.`, {
      hint: 'Push the disk first under /v2/disks/blobs/uploads/.',
    })
  if (bootsDisks(master)) await master.artifacts.checkDisk(source.disk)
}

/** A fleet that is simulated altogether takes any blob for a disk. */
const bootsDisks = ({ records }: Master) => [...records.nodes.values()].some(({ host }) => host?.driver === 'libvirt')
