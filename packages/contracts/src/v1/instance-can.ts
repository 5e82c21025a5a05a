import type { InstancePhase } from './instance.ts'

/** What may be done to an instance in each phase: the one table that API, CLI and tasks ask. */
export const instanceCan = {
  delete: ['pending', 'preparing', 'starting', 'running', 'failed'],
  capture: ['running'],
  exec: ['starting', 'running'],
  readConsole: ['starting', 'running', 'failed', 'deleting'],
} as const satisfies Record<string, readonly InstancePhase[]>

export type InstanceAct = keyof typeof instanceCan

export const canInstance = (act: InstanceAct, phase: InstancePhase): boolean =>
  (instanceCan[act] as readonly InstancePhase[]).includes(phase)
