import { deriveId } from '@bramble/contracts'
import type { Base, Captured, Operation, Overlay } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { readPushed, readPushedBase } from '../app/read-pushed-base.ts'
import { baseOfDigest, readPushedOverlay } from '../app/read-pushed-overlay.ts'
import { crashPoint } from '../crash-points.ts'
import type { Step } from '../domain/steps/step.ts'
import type { Master } from '../master.ts'
import type { Mirror } from '../records/mirror.ts'
import { DuplicateError } from '../store/errors.ts'
import type { Draft, Stored } from '../store/store.ts'

type ArtifactStep = Extract<Step, { kind: `${string}Artifact` }>
type TakeArtifactStep = (master: Master, operation: Operation, step: ArtifactStep) => Promise<void>

/** Bases and overlays are made, finished and removed alike; what they tell of themselves differs. */
export const artifactSteps: Record<'base' | 'overlay', TakeArtifactStep> = {
  base: async (master, operation, step) => {
    if (operation.intent.kind !== 'base.create') return
    const { name, description, source } = operation.intent.request
    const id = deriveId('base', operation.id)
    const { bases } = master.records
    if (step.kind === 'removeArtifact') return void (await bases.remove(id))
    if (step.kind === 'finishArtifact') return finish(bases, id, await capturedBase(master, step.captured))
    const described = source.kind === 'manifest' ? await readPushedBase(master, source.digest) : undefined
    await insert<Base>(bases, 'base', { id, name, description, ...(described ?? {}), status: statusOf(described) })
  },
  overlay: async (master, operation, step) => {
    if (operation.intent.kind !== 'overlay.create') return
    const { name, description, source } = operation.intent.request
    const id = deriveId('overlay', operation.id)
    const { overlays } = master.records
    if (step.kind === 'removeArtifact') return void (await overlays.remove(id))
    if (step.kind === 'finishArtifact') return finish(overlays, id, await capturedOverlay(master, step.captured))
    const described = source.kind === 'manifest' ? await readPushedOverlay(master, source.digest) : undefined
    const base = source.kind === 'instance' ? baseOfInstance(master, source.instance) : {}
    const draft = { id, name, description, ...base, ...(described ?? {}), status: statusOf(described) }
    await insert<Overlay>(overlays, 'overlay', draft)
    if (draft.base === undefined || master.records.bases.get(draft.base)) return
    // The base was deleted while nothing stored named it yet.
    await overlays.remove(id)
    throw new ProblemError('base_unknown', `The base ${draft.base} was deleted.`)
  },
}

const statusOf = (described: object | undefined) => (described ? ('available' as const) : ('creating' as const))

async function insert<D extends Stored & { name: string }>(into: Mirror<D>, noun: string, draft: Draft<D>) {
  try {
    await into.insert(draft)
  } catch (error) {
    if (!(error instanceof DuplicateError)) throw error
    const { name } = draft as { name: string }
    throw new ProblemError('name_taken', `There is already ${noun === 'base' ? 'a' : 'an'} ${noun} ${name}.`)
  }
  crashPoint('capture.artifactStored')
}

async function finish<D extends Base | Overlay>(into: Mirror<D>, id: string, described: Partial<D>): Promise<void> {
  await into.update(id, (document) => ({ ...document, ...described, status: 'available' }))
  crashPoint('capture.artifactFinished')
}

/** A node's word is not enough: what it pushed must be here before anybody is told that it is. */
async function capturedBase(master: Master, captured: Captured): Promise<Partial<Base>> {
  await readPushed(master, 'base', captured.digest)
  const { digest, machine, hasAgent, sizeBytes, diskBytes } = captured
  return { digest, machine, hasAgent, sizeBytes, diskBytes }
}

async function capturedOverlay(master: Master, captured: Captured): Promise<Partial<Overlay>> {
  const { base: baseDigest } = await readPushed(master, 'overlay', captured.digest)
  const base = baseDigest && baseOfDigest(master, baseDigest)
  if (!base) throw new ProblemError('base_unknown', `The overlay was made on base ${baseDigest}.`)
  const { digest, sizeBytes, hasAgent, stats } = captured
  return { digest, sizeBytes, hasAgent, base: base.id, baseDigest, ...(stats && { stats }) }
}

function baseOfInstance({ records }: Master, id: string): Pick<Overlay, 'base' | 'baseDigest'> {
  const source = records.instances.get(id)?.source
  const base = source && 'base' in source ? records.bases.get(source.base) : undefined
  return base ? { base: base.id, baseDigest: base.digest } : {}
}
