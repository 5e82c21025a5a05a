import type { Node } from '@bramble/contracts'
import type { Draft } from '../store/store.ts'

/** A node of which nothing is known yet: it is lost until it reports. */
export const newNode = (given: Pick<Node, 'id' | 'cluster' | 'labels' | 'admission'>): Draft<Node> => ({
  ...given,
  liveness: 'lost',
  reserved: { memoryBytes: 0, cpus: 0 },
  instances: 0,
  cachedBases: [],
  cachedOverlays: [],
})
