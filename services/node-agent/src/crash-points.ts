import { defineCrashPoints } from '@bramble/kit'

/** Before and after each lasting effect of a launch, a capture, a deletion and a stop for want of the master, in the order in which they are passed. */
export const crashPoint = defineCrashPoints([
  'agent.desired.received',
  'agent.desired.written',
  'agent.launch.checked',
  'agent.launch.slotWritten',
  'agent.launch.domainRuns',
  'agent.launch.startWritten',
  'agent.launch.guestAnswered',
  'agent.launch.readyWritten',
  'agent.launch.factTold',
  'agent.capture.begun',
  'agent.capture.taken',
  'agent.capture.pushed',
  'agent.capture.outcomeWritten',
  'agent.capture.folderRemoved',
  'agent.delete.begun',
  'agent.delete.domainDestroyed',
  'agent.delete.written',
  'agent.delete.forgotten',
  'agent.stop.written',
  'agent.stop.domainDestroyed',
])
