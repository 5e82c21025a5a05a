// A cloudlet of many nodes: RabbitMQ, the master on SQLite, so that no database stands beside what is measured, and
// processes with a fleet of simulated nodes each that share a few connections: one with all of thousands would halt for a
// second whenever its garbage is collected, and what was measured then would be that. Its instances are written into the store while
// the master is away; its next start finds and publishes them, and the nodes start them.
import { join } from 'node:path'
import type { Client } from '@bramble/client'
import { openSqliteStore } from '@bramble/cluster-master'
import { newId } from '@bramble/contracts'
import type { Instance, NodeId } from '@bramble/contracts'
import { systemClock } from '@bramble/kit'
import { makeTempFolder, startAgentProcess, startMasterProcess, startRabbitMq } from '@bramble/testkit'
import type { AgentProcess, MasterProcess, RabbitMqServer } from '@bramble/testkit'
import { awaitNodes } from '../await-nodes.ts'
import { addService, benchService } from '../control/add-service.ts'
import { endedWell, launchedBy } from '../operations.ts'
import { tell } from '../results.ts'
import { awaitRest } from './await-rest.ts'
import { endService, nodeFlags } from './end-service.ts'

export interface NodesCloudlet extends AsyncDisposable {
  client: Client
  broker: RabbitMqServer
  /** Those of the processes. */
  pids: { master: number; agents: number[] }
  /** Ends master and agents; the broker is left with its queues. */
  stopServices(): Promise<void>
}

export interface CloudletSize {
  nodes: number
  instancesPerNode: number
}

const nodesPerProcess = 1000
const joinMs = 1_200_000

export async function startNodesCloudlet({ nodes, instancesPerNode }: CloudletSize): Promise<NodesCloudlet> {
  await using undo = new AsyncDisposableStack()
  const { path: folder } = undo.use(await makeTempFolder())
  const broker = undo.adopt(await startRabbitMq(), (server) => server.stop())
  const services = undo.use(new AsyncDisposableStack())
  const dataDir = join(folder, 'master')
  let port = 0

  const startMaster = async (): Promise<MasterProcess> => {
    const started = startMasterProcess({
      ...{ dataDir, port, store: { uri: 'mongodb://unused' }, broker, nodeArgs: nodeFlags() },
      env: { BRAMBLE__STORE__KIND: 'sqlite' },
    })
    await started.serves
    // The agents look for the next one where they found this one.
    port = Number(new URL(await started.url).port)
    return started
  }
  const first = await startMaster()
  let current = first
  services.defer(() => endService(current, 'master'))
  const client = await first.client()
  const startFleet = async (fleet: string, size: number): Promise<AgentProcess> => {
    const body = { cluster: 'bench', fleet: fleet as never, uses: size }
    const { token } = await client.invitations.create({ body })
    const started = startAgentProcess({
      ...{ stateDir: join(folder, fleet), masterUrl: await first.url, token, driver: 'none', nodeArgs: nodeFlags() },
      env: { BRAMBLE__SIMULATED__NODES: `${size}`, BRAMBLE__SIMULATED__PREFIX: fleet },
    })
    services.defer(() => endService(started, fleet))
    return started
  }
  tell(`bus.nodes: ${nodes} nodes join`)
  const agents: AgentProcess[] = []
  for (let left = nodes; left > 0; left -= nodesPerProcess)
    agents.push(await startFleet(`sim${agents.length + 1}`, Math.min(left, nodesPerProcess)))
  await Promise.all(agents.map((process) => process.said('working', joinMs)))
  await awaitNodes(client, nodes)
  await addService(client)

  tell(`bus.nodes: ${nodes * instancesPerNode} instances`)
  const sample = await launchSample(client)
  await endService(current, 'joining-master')
  await fillInstances(join(dataDir, 'bramble.sqlite'), { nodes: await idsOf(dataDir), sample, instancesPerNode })
  current = await startMaster()
  await awaitRest(client, { nodes, instances: nodes * instancesPerNode })
  const ends = undo.move()
  return {
    ...{ client, broker, pids: { master: current.pid, agents: agents.map(({ pid }) => pid) } },
    stopServices: () => services.disposeAsync(),
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  }
}

async function launchSample(client: Client): Promise<Instance> {
  const operation = await endedWell(client, await client.instances.launch({ body: { service: benchService } }))
  const instance = launchedBy(operation)
  const sample = await client.instances.show({ params: { instance } })
  await endedWell(client, await client.instances.remove({ params: { instance } }))
  return sample
}

async function idsOf(dataDir: string): Promise<NodeId[]> {
  const store = openSqliteStore({ path: join(dataDir, 'bramble.sqlite'), clock: systemClock })
  try {
    return (await store.collection('nodes').all()).map(({ id }) => id)
  } finally {
    await store.close()
  }
}

interface Filling {
  nodes: readonly NodeId[]
  sample: Instance
  instancesPerNode: number
}

async function fillInstances(path: string, { nodes, sample, instancesPerNode }: Filling): Promise<void> {
  const store = openSqliteStore({ path, clock: systemClock })
  const instances = store.collection('instances')
  const { revision: _revision, createdAt: _created, updatedAt: _updated, ...draft } = sample
  const status: Instance['status'] = { phase: 'pending', forwards: [] }
  try {
    for (let at = 0; at < instancesPerNode; at++) {
      const insertOn = (node: NodeId) => {
        const id = newId('instance')
        return instances.insert({ ...draft, id, name: id, node, operation: newId('operation'), status })
      }
      await Promise.all(nodes.map(insertOn))
    }
  } finally {
    await store.close()
  }
}
