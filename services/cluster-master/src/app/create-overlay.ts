import { canInstance, deriveId } from '@bramble/contracts'
import type { CreateOverlay, Operation } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { projectInstance } from '../fleet/project.ts'
import type { Caller, Master } from '../master.ts'
import { acceptOperation, operationIdFor } from './accept-operation.ts'
import { checkNameFree, findDocument } from './find-document.ts'
import { readPushedOverlay } from './read-pushed-overlay.ts'

/** Accepts the saving of a running instance as an overlay, or the registration of a pushed overlay. */
export async function createOverlay(master: Master, caller: Caller, asked: CreateOverlay): Promise<Operation> {
  checkNameFree(master.records.overlays, 'overlay', asked.name)
  const request = { ...asked, source: await checkSource(master, asked.source) }
  const id = operationIdFor(caller)
  const resources: Operation['resources'] = [{ kind: 'overlay', id: deriveId('overlay', id) }]
  if (request.source.kind === 'instance') resources.push({ kind: 'instance', id: request.source.instance })
  return acceptOperation(master, caller, {
    id,
    intent: { kind: 'overlay.create', request },
    resources,
    cancellable: true,
  })
}

/** The intent names the instance by its id: a name may pass to another one. */
async function checkSource(master: Master, source: CreateOverlay['source']): Promise<CreateOverlay['source']> {
  if (source.kind === 'manifest') {
    await readPushedOverlay(master, source.digest)
    return source
  }
  const instance = findDocument(master.records.instances, 'instance', source.instance)
  const { phase } = projectInstance(master.fleet, instance).status
  if (!canInstance('capture', phase))
    throw new ProblemError('wrong_state', `The instance ${instance.name} is ${phase}, not running.`)
  if (instance.source.kind === 'disk')
    throw new ProblemError('wrong_state', `The instance ${instance.name} boots from a disk; it has no base.`)
  return { kind: 'instance', instance: instance.id }
}
