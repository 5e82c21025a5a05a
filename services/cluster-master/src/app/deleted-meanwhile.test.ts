import { newId } from '@bramble/contracts'
import type { Operation, ServiceId } from '@bramble/contracts'
import { artifactSteps } from '../background/artifact-steps.ts'
import type { Master } from '../master.ts'
import { makeMaster } from '../testing/make-master.ts'
import { sampleMachine } from '../testing/samples.ts'
import type { SampleArtifacts } from '../testing/samples.ts'
import { createService } from './create-service.ts'
import { deleteBase, deleteOverlay } from './delete-artifact.ts'
import { updateService } from './update-service.ts'

// What is named may be deleted after it was found and before who names it is stored.

let master: Master
let artifacts: SampleArtifacts
let stop: () => Promise<void>

beforeEach(async () => {
  ;({ master, stop } = await makeMaster())
  artifacts = master.artifacts as SampleArtifacts
  const digest = artifacts.push('base')
  const common = { description: '', status: 'available' as const }
  const base = { ...common, id: newId('base'), name: 'base', digest, machine: sampleMachine }
  await master.records.bases.insert(base)
  for (const name of ['old', 'new'])
    await master.records.overlays.insert({ ...common, id: newId('overlay'), name, base: base.id, baseDigest: digest })
})
afterEach(() => stop())

const id = 'org.example.a' as ServiceId
const amount = { memoryBytes: 1, cpus: 1 }
const common = { version: '1', description: '', tags: [], ports: [], maxClients: 0 }
const create = (overlay: string) =>
  createService(master, {
    ...common,
    id,
    resources: { min: amount, ideal: amount },
    variants: [{ kind: 'vm', overlay }],
  })

it('undoes a service whose overlay was deleted', async () => {
  const { insert } = master.records.services
  master.records.services.insert = async (draft) => {
    await deleteOverlay(master, 'new')
    return insert(draft)
  }
  await expect(create('new')).rejects.toMatchObject({ code: 'not_found' })
  expect(master.records.services.size).toBe(0)
})

it('puts back a service whose new overlay was deleted', async () => {
  const { variants } = await create('old')
  const { update } = master.records.services
  master.records.services.update = async (...args) => {
    master.records.services.update = update
    await deleteOverlay(master, 'new')
    return update(...args)
  }
  const patch = { version: '2', variants: [{ kind: 'vm' as const, overlay: 'new' }] }
  await expect(updateService(master, id, { patch })).rejects.toMatchObject({ code: 'not_found' })
  expect(master.records.services.get(id)).toMatchObject({ version: '1', variants })
})

it('undoes an overlay whose base was deleted', async () => {
  for (const name of ['old', 'new']) await deleteOverlay(master, name)
  const digest = artifacts.push('overlay', { base: artifacts.push('base') })
  const request = { name: 'app', description: '', source: { kind: 'manifest' as const, digest } }
  const operation = { id: newId('operation'), intent: { kind: 'overlay.create', request } } as Operation
  const { insert } = master.records.overlays
  master.records.overlays.insert = async (draft) => {
    await deleteBase(master, 'base')
    return insert(draft)
  }
  const registered = artifactSteps.overlay(master, operation, { kind: 'registerArtifact' })
  await expect(registered).rejects.toMatchObject({ code: 'base_unknown' })
  expect(master.records.overlays.size).toBe(0)
})
