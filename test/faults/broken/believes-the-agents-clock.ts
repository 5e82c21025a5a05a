import type { Patch } from '../support/patch.ts'

/** The master counts the silence of a node from the time that its report names, not from when it came. */
export const believesTheAgentsClock: Patch = {
  file: 'services/cluster-master/src/inbox/receive-report.ts',
  find: 'heardAtMs: clock.monotonicMs(),',
  replace: 'heardAtMs: clock.monotonicMs() - (Date.parse(clock.now()) - Date.parse(report.at)),',
}
