// A master and an agent in this process, each with everything but a network: its tasks, its receivers, a store in memory.
// Time passes faster for both, so that their pauses cost little.
import { deriveId, newId } from '@bramble/contracts'
import type { Operation, OperationId, Revision } from '@bramble/contracts'
import { createTaskSet, hurriedClock, silentLogger } from '@bramble/kit'
import type { Bus } from '@bramble/kit'
import { deleteInstance } from '../../../services/cluster-master/src/app/delete-instance.ts'
import { launchInstance } from '../../../services/cluster-master/src/app/launch-instance.ts'
import { registerNode } from '../../../services/cluster-master/src/app/register-node.ts'
import { carryOutOperations } from '../../../services/cluster-master/src/background/carry-out-operations.ts'
import { publishDesired } from '../../../services/cluster-master/src/background/publish-desired.ts'
import { recordEvents } from '../../../services/cluster-master/src/background/record-events.ts'
import { storeObserved } from '../../../services/cluster-master/src/background/store-observed.ts'
import { MasterConfig } from '../../../services/cluster-master/src/config.ts'
import { createMaster } from '../../../services/cluster-master/src/create-master.ts'
import { createFactReceiver } from '../../../services/cluster-master/src/inbox/receive-fact.ts'
import { createReportReceiver } from '../../../services/cluster-master/src/inbox/receive-report.ts'
import { openSqliteStore } from '../../../services/cluster-master/src/store/sqlite-store.ts'
import { addSampleBase, sampleBaseName } from '../../../services/cluster-master/src/testing/run-tasks.ts'
import { sampleArtifacts } from '../../../services/cluster-master/src/testing/samples.ts'
import { AgentConfig } from '../../../services/node-agent/src/config.ts'
import { createSimulatedDriver } from '../../../services/node-agent/src/drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from '../../../services/node-agent/src/drivers/simulated/simulated-hypervisor.ts'
import { memoryStorage } from '../../../services/node-agent/src/ledger/memory-storage.ts'
import { startAgent } from '../../../services/node-agent/src/start.ts'
import { node } from './trace.ts'

const hurryRate = 20
const caller = { tokenId: 'to', requestId: 're' }

/** With one approved node. */
export async function startMasterPart(bus: Bus, nextRevision: () => Revision) {
  const clock = hurriedClock(hurryRate)
  const store = openSqliteStore({ path: ':memory:', clock })
  let written = () => {}
  const master = await createMaster({
    ...{ config: MasterConfig.parse({}), clock, logger: silentLogger(), store, bus, artifacts: sampleArtifacts() },
    readiness: { demand: () => {} },
    agentTrust: { kind: 'key', keyOf: () => '' },
    written: () => written(),
  })
  const tasks = createTaskSet({ logger: silentLogger(), clock })
  written = tasks.add(recordEvents(master))
  master.work.operations.wakes(tasks.add(carryOutOperations(master)))
  master.work.nodes.wakes(tasks.add(publishDesired(master, { next: async () => nextRevision() })))
  master.work.observed.wakes(tasks.add(storeObserved(master)))
  tasks.start()
  await addSampleBase(master)
  await registerNode(master, { id: node, cluster: 'shelf' })
  return {
    store,
    hear: createReportReceiver(master),
    take: createFactReceiver(master),
    knowsHost: () => master.fleet.node(node)?.liveness === 'ready',
    launch: (operationId: OperationId, name: string): Promise<Operation> =>
      launchInstance(
        master,
        { ...caller, operationId },
        { name, base: sampleBaseName, publish: [{ guestPort: 80, protocol: 'tcp' }] },
      ),
    remove: (operationId: OperationId, name: string): Promise<Operation> =>
      deleteInstance(master, { ...caller, operationId }, name),
    openOperations: () => [...master.records.operations.values()].filter(({ endedAt }) => !endedAt).length,
    stop: async () => {
      await tasks.stop()
      await store.close()
    },
  }
}
export type MasterPart = Awaited<ReturnType<typeof startMasterPart>>

/** The agent of a simulated node. `host` outlives it. */
export async function startAgentPart(bus: Bus) {
  const host = createSimulatedHypervisor({ startMs: 0, readyMs: 0 })
  const clock = hurriedClock(hurryRate)
  const agent = await startAgent({
    ...{ config: AgentConfig.parse({ node, stateDir: '/nonexistent' }), bus, clock, logger: silentLogger() },
    ...{ driver: createSimulatedDriver(host), pushArtifact: async () => {}, storage: memoryStorage(), version: '0' },
  })
  return { host, stop: agent.stop }
}
export type AgentPart = Awaited<ReturnType<typeof startAgentPart>>

export const newOperationId = (): OperationId => newId('operation')
export const instanceOf = (operation: OperationId) => deriveId('instance', operation)
