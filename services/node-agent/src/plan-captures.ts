import { makeProblem } from '@bramble/contracts'
import type { DesiredCapture, InstanceId } from '@bramble/contracts'
import type { CaptureRecord } from './ledger/records.ts'
import type { World } from './observe.ts'
import type { Step } from './step.ts'

/** Captures wanted, begun, or done and no longer asked for. Each id is done at most once. */
export function planCaptures(world: World): Step[] {
  if (world.desired === undefined) return []
  const wanted = new Set(world.desired.captures.map(({ id }) => id))
  return [
    ...[...world.captures.values()].flatMap((record) => planKnown(record, wanted.has(record.capture.id), world)),
    ...world.desired.captures.filter(({ id }) => !world.captures.has(id)).flatMap((capture) => planNew(capture, world)),
  ]
}

function planKnown({ capture, outcome }: CaptureRecord, isWanted: boolean, { jobs }: World): Step[] {
  if (outcome) return isWanted ? [] : [{ kind: 'forgetCapture', id: capture.id }]
  const step = jobs.get(capture.instance)?.step
  if (step?.kind === 'capture' && step.capture.id === capture.id) return []
  const problem = makeProblem('capture_interrupted', 'The agent was restarted while it took the capture.')
  return [{ kind: 'failCapture', capture, problem }]
}

function planNew(capture: DesiredCapture, world: World): Step[] {
  switch (standing(capture.instance, world)) {
    case 'ready':
      return [{ kind: 'capture', capture }]
    case 'coming':
      return []
    case 'never':
      return [{ kind: 'failCapture', capture, problem: makeProblem('wrong_state', neverText(capture.instance)) }]
  }
}

const neverText = (id: InstanceId) => `Instance ${id} does not run on this node, and will not.`

/** Whether an instance can be captured now, later, or never. */
function standing(id: InstanceId, { desired, instances }: World): 'ready' | 'coming' | 'never' {
  if (!desired?.instances.some((instance) => instance.id === id)) return 'never'
  const phase = instances.get(id)?.state.phase
  if (phase === 'ready') return 'ready'
  return phase === 'failed' || phase === 'deleted' ? 'never' : 'coming'
}
