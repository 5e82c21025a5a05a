import { defineCrashPoints } from '@bramble/kit'

/** Before and after each lasting effect of a launch, a capture and a deletion, in the order in which they are passed. */
export const crashPoint = defineCrashPoints([
  'agent.desired.received',
  'agent.desired.written',
  'agent.launch.checked',
  'agent.launch.slot-written',
  'agent.launch.domain-runs',
  'agent.launch.start-written',
  'agent.launch.guest-answered',
  'agent.launch.ready-written',
  'agent.launch.fact-told',
  'agent.capture.begun',
  'agent.capture.taken',
  'agent.capture.pushed',
  'agent.capture.outcome-written',
  'agent.capture.folder-removed',
  'agent.delete.begun',
  'agent.delete.domain-destroyed',
  'agent.delete.written',
  'agent.delete.forgotten',
])
