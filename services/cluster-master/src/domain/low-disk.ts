import type { HostFacts, HostFree } from '@bramble/contracts'

const leastBytes = 2 * 1024 ** 3
const leastShare = 0.05

/** Whether somebody should look after a node's disk; no when it told nothing yet. */
export const isLowOnDisk = (
  free: Pick<HostFree, 'diskBytes'> | undefined,
  host: Pick<HostFacts, 'diskBytes'> | undefined,
): boolean =>
  free !== undefined && host !== undefined && free.diskBytes < Math.max(leastBytes, leastShare * host.diskBytes)
