import type { Bus, HealthChecks, Logger } from '@bramble/kit'
import type { AgentConfig } from '../config.ts'
import type { RegistryAccess } from '../images/registry-request.ts'
import type { ListenerPlace } from '../listener/start-listener.ts'
import type { Troubles } from '../troubles.ts'

/** What a node is started with, whichever process it is part of. */
export interface NodeParts {
  config: AgentConfig
  bus: Bus
  /** The master's: where images are pulled from and pushed to. */
  registry: RegistryAccess
  /** Without it consoles, commands and inspection are not to be had. */
  listener?: Omit<ListenerPlace, 'blobs'>
  troubles?: Pick<Troubles, 'list'>
  version: string
  logger: Logger
}

export interface RunningNode {
  health: HealthChecks
  /** Ends the agent. Real VMs run on; simulated ones live as long as their process. */
  stop(): Promise<void>
}
