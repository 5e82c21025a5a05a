import { join } from 'node:path'
import type { Patch } from './patch.ts'

/** What a process is started with so that its sources are patched. */
export const patched = (...patches: Patch[]) => ({
  nodeArgs: patches.length > 0 ? ['--import', join(import.meta.dirname, 'patch-modules.ts')] : [],
  env: { BRAMBLE_PATCHES: JSON.stringify(patches) },
})

/** A killed master is waited for as long as its lease lives; that it lives ten seconds is tried elsewhere. */
export const shortLease: Patch = {
  file: 'services/cluster-master/src/store/lease.ts',
  find: 'leaseMs: 10_000, beatMs: 2000,',
  replace: 'leaseMs: 3000, beatMs: 400,',
}
export const leaseShortenedByMs = 7000

/** A master that was started again places nothing on a node before it has heard of it. */
export const shortHeartbeat: Patch = {
  file: 'packages/contracts/src/topology.ts',
  find: 'heartbeatMs = 10_000',
  replace: 'heartbeatMs = 2000',
}
export const heartbeatShortenedByMs = 8000

/** Nodes tell of themselves every 2 s and are lost after 8: what master and nodes promise is timed by nothing else. */
export const hurriedLiveness: Patch[] = [
  shortHeartbeat,
  {
    file: 'services/cluster-master/src/domain/liveness.ts',
    find: 'suspectAfterMs = 30_000',
    replace: 'suspectAfterMs = 5000',
  },
  {
    file: 'services/cluster-master/src/domain/liveness.ts',
    find: 'lostAfterMs = 120_000',
    replace: 'lostAfterMs = 8000',
  },
]

/** Ten times as fast, where nodes get lost and find back again and again: what may run for so long ends before it is lost. */
export const hurriedPartitions: Patch[] = [
  ...[
    { file: 'packages/contracts/src/topology.ts', find: 'heartbeatMs = 10_000', replace: 'heartbeatMs = 1000' },
    { file: 'packages/contracts/src/v1/when-lost.ts', find: '.min(45)', replace: '.min(1)' },
  ],
  ...[
    { file: 'domain/liveness.ts', find: 'suspectAfterMs = 30_000', replace: 'suspectAfterMs = 3000' },
    { file: 'domain/liveness.ts', find: 'lostAfterMs = 120_000', replace: 'lostAfterMs = 18_000' },
    { file: 'background/derive-liveness.ts', find: 'periodMs: 5000', replace: 'periodMs: 500' },
    { file: 'background/replace-lost.ts', find: 'periodMs: 5000', replace: 'periodMs: 500' },
    { file: 'background/publish-desired.ts', find: 'renewMs = 15_000', replace: 'renewMs = 1500' },
    { file: 'background/publish-desired.ts', find: 'obeyWithinMs = 5000', replace: 'obeyWithinMs = 500' },
  ].map((patch) => ({ ...patch, file: `services/cluster-master/src/${patch.file}` })),
]
/** Less than nodes are lost after, by more than a loaded machine takes to end a simulated VM. */
export const hurriedStopAfterSeconds = 12
