import type { NodeId, Progress } from '@bramble/contracts'
import type { Clock, Logger } from '@bramble/kit'
import type { Artifact, Driver } from './drivers/driver.ts'
import type { Lease } from './lease/lease.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Ports } from './ports.ts'

/** Pushes an artifact's blobs, then its manifest, to a repository of the master. */
export type PushArtifact = (
  artifact: Artifact,
  repository: 'bases' | 'overlays',
  onProgress?: (progress: Progress) => void,
) => Promise<unknown>

/** What the steps work with. */
export interface AgentContext {
  node: NodeId
  driver: Driver
  ledger: Ledger
  lease: Lease
  ports: Ports
  /** Ids of slots whose VM this process started or took over. */
  adopted: Set<string>
  pushArtifact: PushArtifact
  /** Folder in which each capture gets one of its own. */
  capturesDir: string
  clock: Clock
  logger: Logger
}
