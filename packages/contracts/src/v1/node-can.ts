import type { Admission } from './node.ts'

/**
 * What may be done with a node in each admission: the one table that API, CLI and tasks ask. A verb is allowed where it
 * changes nothing: said twice it is no mistake.
 */
export const nodeCan = {
  approve: ['seen', 'approved'],
  drain: ['approved', 'draining'],
  undrain: ['draining', 'approved'],
  retire: ['seen', 'approved', 'draining', 'retired'],
  update: ['seen', 'approved', 'draining'],
  /** Connect to the broker, get desired documents, be believed what it reports. */
  serve: ['approved', 'draining'],
  takeInstances: ['approved'],
  /** Its name is free for another host. */
  replace: ['retired'],
} as const satisfies Record<string, readonly Admission[]>

export type NodeAct = keyof typeof nodeCan

export const canNode = (act: NodeAct, admission: Admission): boolean =>
  (nodeCan[act] as readonly Admission[]).includes(admission)
