import type { Patch } from '../support/patch.ts'

/** The master leaves queues where they are, on a broker that is away. */
export const leavesQueuesBehind: Patch = {
  file: 'services/cluster-master/src/broker/rehome-queues.ts',
  find: 'if (queues.length === 0 || !mayAct()) return',
  replace: 'return',
}
