// A cloudlet of several processes as users run it: RabbitMQ, a server of MongoDB's protocol, the master, and one process
// with a fleet of simulated nodes, each of which joined by invitation and has a user and a connection of its own. The
// bench is its client.
import { join } from 'node:path'
import type { Client } from '@bramble/client'
import { makeTempFolder, startAgentProcess, startMasterProcess, startMongo, startRabbitMq } from '@bramble/testkit'
import type { MongoServer, RabbitMqServer } from '@bramble/testkit'
import { awaitNodes } from '../await-nodes.ts'
import { cpuMsOf, cpuMsOfAll } from '../process-cpu.ts'
import { endService, nodeFlags } from './end-service.ts'

export const parts = ['master', 'agents', 'broker', 'database', 'client'] as const
export type Part = (typeof parts)[number]
export type CpuMs = Record<Part, number>

export interface SuiteCloudlet extends AsyncDisposable {
  client: Client
  mongo: MongoServer
  broker: RabbitMqServer
  /** What each part has used of processors until now. */
  cpuMsByPart(): Promise<CpuMs>
}

const joinMs = 300_000

/** BENCH_LOG=FILE keeps the logs in FILE.master and FILE.agents, BENCH_PROFILE=DIR leaves CPU profiles of both there. */
export async function startSuiteCloudlet(nodes: number): Promise<SuiteCloudlet> {
  await using undo = new AsyncDisposableStack()
  const { path: folder } = undo.use(await makeTempFolder())
  const [mongo, broker] = await startServers(undo)
  const master = startMasterProcess({
    ...{ dataDir: join(folder, 'master'), store: { uri: mongo.uri }, broker, nodeArgs: nodeFlags() },
  })
  undo.defer(() => endService(master, 'master'))
  await master.serves
  const client = await master.client()

  const invited = await client.invitations.create({ body: { cluster: 'bench', uses: nodes } })
  const agents = startAgentProcess({
    ...{ stateDir: join(folder, 'agents'), masterUrl: await master.url, token: invited.token, driver: 'none' },
    ...{ env: { BRAMBLE__SIMULATED__NODES: `${nodes}` }, nodeArgs: nodeFlags() },
  })
  undo.defer(() => endService(agents, 'agents'))
  await agents.said('working', joinMs)
  await awaitNodes(client, nodes)

  const cpuMsByPart = async () => ({
    master: await cpuMsOf(master.pid),
    agents: await cpuMsOf(agents.pid),
    broker: await cpuMsOfAll(await broker.pids()),
    database: await cpuMsOfAll(await mongo.pids()),
    client: await cpuMsOf(process.pid),
  })
  const ends = undo.move()
  return { client, mongo, broker, cpuMsByPart, [Symbol.asyncDispose]: () => ends.disposeAsync() }
}

async function startServers(undo: AsyncDisposableStack): Promise<[MongoServer, RabbitMqServer]> {
  const mongo = undo.adopt(await startMongo(), (server) => server.stop())
  const broker = undo.adopt(await startRabbitMq(), (server) => server.stop())
  return [mongo, broker]
}
