// An operation is carried out in steps. What comes next is decided from the operation and from what is there now, never
// from what was done before: after a crash the same decision is simply made again. Every step does one durable thing
// (or one that is derived again at every start), and doing it twice changes nothing.
import type { Captured, DesiredCapture, InstanceId, NodeId, OperationId, Problem } from '@bramble/contracts'

export type Outcome = { status: 'succeeded' } | { status: 'failed'; problem: Problem } | { status: 'cancelled' }

export type Step =
  /** Nothing to do until a report or a request changes what is there. */
  | { kind: 'wait'; phase: string }
  /** Store the instance that the intent of a launch holds. */
  | { kind: 'storeInstance' }
  /** Place and store the instance from which a base is taken. */
  | { kind: 'storeBuilder' }
  /** They would make again what is deleted. */
  | { kind: 'cancelLaunches'; launches: OperationId[] }
  | { kind: 'deleteInstance'; instance: InstanceId }
  /** Give the instance that is to be replaced to this node. */
  | { kind: 'moveInstance'; node: NodeId }
  /** Store the base or overlay as `creating`. */
  | { kind: 'storeArtifact' }
  /** Check a pushed manifest and store what it describes. */
  | { kind: 'registerArtifact' }
  | { kind: 'wantCapture'; capture: DesiredCapture }
  /** Check what the node pushed, and make the base or overlay available. */
  | { kind: 'finishArtifact'; captured: Captured }
  | { kind: 'removeArtifact' }
  /** Keep why it failed, so that what was made can be taken back first. */
  | { kind: 'keepFailure'; problem: Problem }
  | { kind: 'settle'; outcome: Outcome }

export const wait = (phase: string): Step => ({ kind: 'wait', phase })
export const succeed: Step = { kind: 'settle', outcome: { status: 'succeeded' } }
export const cancel: Step = { kind: 'settle', outcome: { status: 'cancelled' } }
export const fail = (problem: Problem): Step => ({ kind: 'settle', outcome: { status: 'failed', problem } })
