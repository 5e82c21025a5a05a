import { Agent, get } from 'node:http'
import { cpuMsOf } from '../process-cpu.ts'

export interface ListServer {
  url: string
  token: string
  pid: number
}

export interface ListPlan {
  rounds: number
  roundMs: number
  /** Requests that wait for their answer at a time. */
  inFlight: number
  tell: (round: number) => void
}

export interface ListRun {
  perSecond: number
  /** Of the server's process, with whatever else it does meanwhile. */
  cpuMsPerPage: number
}

export interface ListRuns {
  ours: ListRun[]
  peer: ListRun[]
}

/** The pages of both in turns, each first as often as the other, after a round that does not count. */
export async function measureLists(
  servers: Record<keyof ListRuns, ListServer>,
  paths: readonly string[],
  { rounds, tell, ...plan }: ListPlan,
): Promise<ListRuns> {
  const runs: ListRuns = { ours: [], peer: [] }
  for (const server of [servers.ours, servers.peer]) await measureRun(server, paths, plan)
  for (let round = 1; round <= rounds; round++) {
    tell(round)
    const order = round % 2 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const)
    for (const name of order) runs[name].push(await measureRun(servers[name], paths, plan))
  }
  return runs
}

type RunPlan = Pick<ListPlan, 'roundMs' | 'inFlight'>

async function measureRun(server: ListServer, paths: readonly string[], { roundMs, inFlight }: RunPlan) {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const cpuBefore = await cpuMsOf(server.pid)
  const began = performance.now()
  let read = 0
  const readOneByOne = async () => {
    while (performance.now() - began < roundMs) await readPage(server, paths[read++ % paths.length]!, agent)
  }
  await Promise.all(Array.from({ length: inFlight }, readOneByOne))
  const elapsedMs = performance.now() - began
  const cpuMs = (await cpuMsOf(server.pid)) - cpuBefore
  agent.destroy()
  return { perSecond: (read / elapsedMs) * 1000, cpuMsPerPage: cpuMs / read }
}

/** To its last byte, which is looked at no further: what a client makes of it is not the server's. */
function readPage({ url, token }: ListServer, path: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    get(`${url}${path}`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: status ${response.statusCode}`))
      response.resume().on('end', resolve).on('error', reject)
    }).on('error', reject)
  })
}
