import { setTimeout as pause } from 'node:timers/promises'
import { heartbeatMs } from '@bramble/contracts'
import type { RabbitMqServer } from '@bramble/testkit'
import { cpuMsOf, cpuMsOfAll, rssBytesOf } from '../process-cpu.ts'
import { tell } from '../results.ts'
import { startBareReports } from './bare-reports.ts'
import { captureReports } from './capture-reports.ts'
import { measureReach } from './measure-reach.ts'
import type { Reach } from './measure-reach.ts'
import { startNodesCloudlet } from './nodes-cloudlet.ts'
import type { CloudletSize } from './nodes-cloudlet.ts'

export interface NodesPlan {
  windows: number
  windowMs: number
  launchesPerSecond: number
  launchMs: number
  warmUpMs: number
}

/** Cores: what a part used of processors over the time that passed. */
export interface AtRest {
  receiver: number
  broker: number
  sender: number
}

export interface NodesRun {
  /** Master, broker and agents. */
  ours: AtRest[]
  /** Bare consumer, broker and bare publisher with the same messages. */
  bare: AtRest[]
  reportsPerSecond: number
  bytesPerReport: number
  masterRssBytes: { atRest: number; afterLaunches: number }
  reach: Reach
}

export async function measureNodes(size: CloudletSize, plan: NodesPlan): Promise<NodesRun> {
  await using cloudlet = await startNodesCloudlet(size)
  const { broker, pids } = cloudlet
  const reports = await captureReports(broker, size.nodes)
  await pause(heartbeatMs)
  tell(`bus.nodes: ${size.nodes} nodes at rest`)
  const ours = await measureRest({ broker, receiver: pids.master, senders: pids.agents }, plan)
  const atRest = await rssBytesOf(pids.master)
  const { launchesPerSecond: perSecond, launchMs: durationMs, warmUpMs } = plan
  const reach = await measureReach(cloudlet.client, { perSecond, durationMs, warmUpMs })
  const afterLaunches = await rssBytesOf(pids.master)
  await cloudlet.stopServices()

  tell(`bus.nodes: the same messages of ${size.nodes} nodes, bare`)
  await using peer = await startBareReports(broker.url, reports)
  await pause(heartbeatMs)
  const bare = await measureRest({ broker, receiver: peer.pids.receiver, senders: [peer.pids.sender] }, plan)
  return {
    ...{ ours, bare, reach, masterRssBytes: { atRest, afterLaunches } },
    reportsPerSecond: (size.nodes * 1000) / heartbeatMs,
    bytesPerReport: reports.reduce((sum, { bytes }) => sum + bytes.length, 0) / reports.length,
  }
}

type Watched = { broker: RabbitMqServer; receiver: number; senders: number[] }

async function measureRest(watched: Watched, { windows, windowMs }: NodesPlan): Promise<AtRest[]> {
  const all: AtRest[] = []
  for (let window = 0; window < windows; window++) {
    const [before, began] = [await usedMs(watched), performance.now()]
    await pause(windowMs)
    const [after, elapsedMs] = [await usedMs(watched), performance.now() - began]
    const cores = (part: keyof AtRest) => (after[part] - before[part]) / elapsedMs
    all.push({ receiver: cores('receiver'), broker: cores('broker'), sender: cores('sender') })
  }
  return all
}

async function usedMs({ broker, receiver, senders }: Watched): Promise<AtRest> {
  return {
    receiver: await cpuMsOf(receiver),
    broker: await cpuMsOfAll(await broker.pids()),
    sender: await cpuMsOfAll(senders),
  }
}
