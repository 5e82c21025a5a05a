import type { DesiredNode, Instance, InstanceFact, NodeId, OperationId, ReportNode } from '@bramble/contracts'

export const node = 'pi-07' as NodeId
export const key = `node.${node}` as const

/** What went over the bus, with the requests that caused it: first launches until all run, then deletions. */
export interface Trace {
  launches: { operationId: OperationId; name: string }[]
  /** Of the instances with these names. */
  deletions: { operationId: OperationId; name: string }[]
  desired: DesiredNode[]
  /** The first tells of a node without instances. */
  reports: ReportNode[]
  facts: InstanceFact[]
  /** How many reports and facts there were when all launches had ended. */
  halfway: { reports: number; facts: number }
  /** What was left in the end. */
  instances: Pick<Instance, 'id' | 'name' | 'node' | 'status'>[]
}
