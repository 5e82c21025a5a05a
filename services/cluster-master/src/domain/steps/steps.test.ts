import { deriveId, makeProblem } from '@bramble/contracts'
import type { Base, Captured, CaptureOutcome, Instance, InstancePhase, Operation, Overlay } from '@bramble/contracts'
import { nextBaseStep, nextPushedStep } from './base.ts'
import { nextDeleteStep } from './delete.ts'
import { nextLaunchStep } from './launch.ts'
import { nextOverlayStep } from './overlay.ts'
import { nextReplaceStep } from './replace.ts'
import type { Fit } from './replace.ts'

const problem = makeProblem('overlay_corrupt', 'flipped')
const id = 'op-00000000000000000000' as Operation['id']
const operation = (more: Partial<Operation> = {}) => ({ id, cancelRequested: false, ...more }) as Operation
const cancelled = operation({ cancelRequested: true })
const failed = operation({ error: problem })
const instance = (phase: InstancePhase, more: object = {}) =>
  ({ id: deriveId('instance', id), name: 'one', status: { phase, forwards: [], ...more } }) as unknown as Instance
const captured = { digest: 'sha256:1' } as Captured
const ca = deriveId('capture', id)
const done: CaptureOutcome = { id: ca, status: 'done', captured }
const broken: CaptureOutcome = { id: ca, status: 'failed', problem }

describe('a launch', () => {
  it.each<[string, Operation, Instance | undefined, object]>([
    ['begins', operation(), undefined, { kind: 'storeInstance' }],
    ['waits', operation(), instance('starting'), { kind: 'wait', phase: 'starting' }],
    ['succeeds', operation(), instance('running'), { outcome: { status: 'succeeded' } }],
    ['fails', operation(), instance('failed', { problem }), { outcome: { status: 'failed', problem } }],
    ['is cancelled before it began', cancelled, undefined, { outcome: { status: 'cancelled' } }],
    ['is cancelled in between', cancelled, instance('starting'), { kind: 'deleteInstance' }],
    ['is cancelled and waits', cancelled, instance('deleting'), { kind: 'wait' }],
    ['fails once undone', failed, undefined, { outcome: { status: 'failed', problem } }],
  ])('%s', (_what, op, it, step) => expect(nextLaunchStep(op, it)).toMatchObject(step))
})

describe('a deletion', () => {
  const { id: instanceId } = instance('running')
  it.each<[string, Instance | undefined, Operation[], object]>([
    ['begins', instance('running'), [], { kind: 'deleteInstance', instance: instanceId }],
    ['waits for the node', instance('deleting'), [], { kind: 'wait' }],
    ['cancels the launch first', instance('starting'), [operation()], { kind: 'cancelLaunches', launches: [id] }],
    ['cancels a launch of which nothing is stored', undefined, [operation()], { kind: 'cancelLaunches' }],
    ['waits for the launch', undefined, [cancelled], { kind: 'wait' }],
    ['goes on beside the launch', instance('starting'), [cancelled], { kind: 'deleteInstance' }],
    ['succeeds', undefined, [], { outcome: { status: 'succeeded' } }],
  ])('%s', (_what, it, launches, step) => {
    expect(nextDeleteStep(instanceId, { instance: it, launches })).toMatchObject(step)
  })
})

describe('a replacement', () => {
  const intent = { kind: 'instance.replace', instance: deriveId('instance', id), node: 'a' } as Operation['intent']
  const at = (phase: InstancePhase, more: Partial<Instance> = {}) =>
    ({ ...instance(phase), node: 'a', ...more }) as Instance
  const moved = { node: 'b', incarnation: 1 } as Partial<Instance>
  const fits = { kind: 'fits', node: 'b' } as Fit
  const refused: Fit = { kind: 'refused', why: 'b: is lost' }
  it.each<[string, Instance | undefined, boolean, Fit, object]>([
    [
      'waits for the end of the old VM',
      at('running'),
      false,
      fits,
      { kind: 'wait', phase: expect.stringMatching(/on a/) },
    ],
    ['waits for a place', at('running'), true, refused, { kind: 'wait', phase: 'fits nowhere now: b: is lost' }],
    ['moves it', at('pending'), true, fits, { kind: 'moveInstance', node: 'b' }],
    ['moves what its node stopped', at('failed'), true, fits, { kind: 'moveInstance', node: 'b' }],
    ['waits for the new VM', at('pending', moved), false, fits, { kind: 'wait', phase: 'pending' }],
    ['succeeds', at('running', moved), false, fits, { outcome: { status: 'succeeded' } }],
    [
      'fails',
      { ...instance('failed', { problem }), ...moved },
      false,
      fits,
      { outcome: { status: 'failed', problem } },
    ],
    ['gives way to a deletion', at('deleting'), true, fits, { outcome: { status: 'cancelled' } }],
    ['gives way to a deletion that ended', undefined, false, fits, { outcome: { status: 'cancelled' } }],
  ])('%s', (_what, it, isReleased, fit, step) => {
    expect(nextReplaceStep(operation({ intent }), { instance: it, isReleased, fit: () => fit })).toMatchObject(step)
  })
})

describe('a base of a disk', () => {
  const base = { status: 'creating' } as Base
  const available = { status: 'available' } as Base
  const nothing = { base: undefined, builder: undefined, isCaptureWanted: false, outcome: undefined }
  it.each<[string, Operation, object, object]>([
    ['begins with its document', operation(), {}, { kind: 'storeArtifact' }],
    ['goes on with a builder', operation(), { base }, { kind: 'storeBuilder' }],
    ['waits for the builder', operation(), { base, builder: instance('starting') }, { kind: 'wait' }],
    [
      'fails with the builder',
      operation(),
      { base, builder: instance('failed', { problem }) },
      { kind: 'keepFailure', problem },
    ],
    ['fails without the builder', operation(), { base, builder: instance('deleting') }, { kind: 'keepFailure' }],
    [
      'captures',
      operation(),
      { base, builder: instance('running') },
      { kind: 'wantCapture', capture: { id: ca, kind: 'base' } },
    ],
    [
      'waits for the capture',
      operation(),
      { base, builder: instance('running'), isCaptureWanted: true },
      { kind: 'wait' },
    ],
    [
      'is finished',
      operation(),
      { base, builder: instance('running'), isCaptureWanted: true, outcome: done },
      { kind: 'finishArtifact', captured },
    ],
    [
      'fails with the capture',
      operation(),
      { base, builder: instance('running'), isCaptureWanted: true, outcome: broken },
      { kind: 'keepFailure', problem },
    ],
    ['removes the builder', operation(), { base: available, builder: instance('running') }, { kind: 'deleteInstance' }],
    ['waits for that', operation(), { base: available, builder: instance('deleting') }, { kind: 'wait' }],
    ['succeeds', operation(), { base: available }, { outcome: { status: 'succeeded' } }],
    ['succeeds though cancelled too late', cancelled, { base: available }, { outcome: { status: 'succeeded' } }],
    ['undoes the builder first', failed, { base, builder: instance('failed') }, { kind: 'deleteInstance' }],
    ['then the document', failed, { base }, { kind: 'removeArtifact' }],
    ['then ends', failed, {}, { outcome: { status: 'failed', problem } }],
    ['or is cancelled', cancelled, {}, { outcome: { status: 'cancelled' } }],
  ])('%s', (_what, op, facts, step) => expect(nextBaseStep(op, { ...nothing, ...facts })).toMatchObject(step))
})

describe('an overlay of an instance', () => {
  const overlay = { status: 'creating' } as Overlay
  const running = instance('running')
  const nothing = { overlay: undefined, instance: running, isCaptureWanted: false, outcome: undefined }
  it.each<[string, Operation, object, object]>([
    ['begins with its document', operation(), {}, { kind: 'storeArtifact' }],
    ['captures', operation(), { overlay }, { kind: 'wantCapture', capture: { kind: 'overlay' } }],
    ['waits', operation(), { overlay, isCaptureWanted: true }, { kind: 'wait' }],
    ['is finished', operation(), { overlay, isCaptureWanted: true, outcome: done }, { kind: 'finishArtifact' }],
    ['fails with the instance', operation(), { overlay, instance: undefined }, { kind: 'keepFailure' }],
    ['is undone', failed, { overlay }, { kind: 'removeArtifact' }],
    ['ends failed', failed, {}, { outcome: { status: 'failed', problem } }],
    ['ends cancelled', cancelled, {}, { outcome: { status: 'cancelled' } }],
    ['succeeds', operation(), { overlay: { status: 'available' } }, { outcome: { status: 'succeeded' } }],
  ])('%s', (_what, op, facts, step) => expect(nextOverlayStep(op, { ...nothing, ...facts })).toMatchObject(step))
})

describe('a pushed artifact', () => {
  it.each<[string, Operation, { status: string } | undefined, object]>([
    ['is registered', operation(), undefined, { kind: 'registerArtifact' }],
    ['is there', operation(), { status: 'available' }, { outcome: { status: 'succeeded' } }],
    ['fails', failed, undefined, { outcome: { status: 'failed' } }],
    ['is cancelled', cancelled, undefined, { outcome: { status: 'cancelled' } }],
  ])('%s', (_what, op, artifact, step) => expect(nextPushedStep(op, artifact)).toMatchObject(step))
})
