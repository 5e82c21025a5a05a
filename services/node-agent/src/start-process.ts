// The node agent as a process: its probes answer at once; then each of its nodes is let in and started, a few at a time.
import { createHealthChecks, createTaskSet, systemClock, undoStack } from '@bramble/kit'
import type { HealthChecks, Logger, UndoStack } from '@bramble/kit'
import { addressTowards } from './address-towards.ts'
import { createConnections } from './connect-node.ts'
import { openMaster } from './identity/open-master.ts'
import { watchMaster } from './identity/watch-master.ts'
import type { RunningNode } from './nodes/node-parts.ts'
import { openProbes } from './probes.ts'
import { locateMaster } from './seek/locate-master.ts'
import { membersOf } from './settings.ts'
import type { Member, NodeAgentSettings } from './settings.ts'
import { startMember } from './start-member.ts'
import type { Household } from './start-member.ts'
import { createTroubles } from './troubles.ts'

export interface ProcessContext {
  logger: Logger
  /** Aborted when the process is to end. */
  stopping: AbortSignal
}

export interface AgentProcess {
  /** Ends everything but real VMs. */
  stop(): Promise<void>
}

/** So many join at the same time: each costs the master a signature, and the broker a user. */
const startsAtOnce = 8

/** Resolves once all nodes work. @throws when one will never be let in, or the process was to end before */
export async function startProcess(settings: NodeAgentSettings, context: ProcessContext): Promise<AgentProcess> {
  const ends = undoStack(context.logger)
  try {
    await startParts(settings, context, ends)
    return { stop: async () => void (await ends.unwind()) }
  } catch (error) {
    await ends.unwind()
    throw error
  }
}

async function startParts(given: NodeAgentSettings, { logger, stopping }: ProcessContext, ends: UndoStack) {
  const members = membersOf(given)
  const running: RunningNode[] = []
  const probes = await openProbes(given.probes, { health: createHealth(members, running), logger })
  ends.push('close the probes', probes.close)
  logger.info({ url: probes.url }, 'probes are answered')

  const { settings, keep } = await locateMaster(given, { logger, stopping })
  const troubles = createTroubles({ clock: systemClock, logger })
  const master = await openMaster(settings)
  const { urls } = master.masters
  const tasks = createTaskSet({ logger })
  tasks.add(watchMaster(urls, { trust: master.last, troubles }))
  tasks.start()
  ends.push('watch the master no more', tasks.stop)

  const address = settings.advertisedAddress ?? (await findAddress(urls, logger))
  const connections = createConnections()
  ends.push('close the connections', connections.close)
  const household = { settings, address, master, connections, troubles, logger, stopping }
  ends.push('stop the nodes', async () => void (await Promise.all(running.map((node) => node.stop()))))
  await startAll(members, household, running)
  await keep()
  logger.info({ nodes: running.length }, 'working')
}

/** A node whose master cannot even be looked up works on with what it has; others find it when it is started again. */
async function findAddress(masterUrls: readonly string[], logger: Logger): Promise<string> {
  try {
    return await Promise.any(masterUrls.map(addressTowards))
  } catch (error) {
    logger.warn({ err: error }, 'no way to the master: this host is advertised at 127.0.0.1; set advertisedAddress')
    return '127.0.0.1'
  }
}

async function startAll(members: readonly Member[], household: Household, running: RunningNode[]): Promise<void> {
  const waiting = members.values()
  const startSome = async () => {
    for (const member of waiting) running.push(await startMember(member, household))
  }
  await Promise.all(Array.from({ length: startsAtOnce }, startSome))
}

/** Of a fleet only that all of it was let in: asking the broker for each would be a load of its own. */
function createHealth(members: readonly Member[], running: readonly RunningNode[]): HealthChecks {
  const health = createHealthChecks()
  health.add('nodes', () => {
    if (running.length < members.length) throw new Error(`${running.length} of ${members.length} work`)
  })
  if (members.length === 1) health.add('node', () => checkNode(running[0]))
  return health
}

async function checkNode(node: RunningNode | undefined): Promise<void> {
  const { checks = {} } = (await node?.health.check()) ?? {}
  const failed = Object.entries(checks).filter(([, { ok }]) => !ok)
  if (failed.length > 0) throw new Error(failed.map(([name, { detail }]) => `${name}: ${detail}`).join('; '))
}
