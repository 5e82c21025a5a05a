import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@bramble/client'
import type { InstanceId } from '@bramble/contracts'
import { benchService } from '../control/add-service.ts'
import { endedWell, launchedBy } from '../operations.ts'
import { tell } from '../results.ts'

export interface Reach {
  /** From before the POST of a launch to when its node had started it, by the clock of this host. */
  reachMs: number[]
  launchesPerSecond: number
  refused: number
}

export interface ReachPlan {
  perSecond: number
  durationMs: number
  /** Before that; what is launched then is left out. */
  warmUpMs: number
}

/** Launches at a steady rate, however long each takes. */
export async function measureReach(client: Client, { warmUpMs, ...plan }: ReachPlan): Promise<Reach> {
  tell(`bus.nodes: ${plan.perSecond} launches/s`)
  const before = launchSteadily(client, { ...plan, durationMs: warmUpMs })
  await pause(warmUpMs)
  const reach = await launchSteadily(client, plan)
  await before
  return reach
}

async function launchSteadily(client: Client, { perSecond, durationMs }: Omit<ReachPlan, 'warmUpMs'>): Promise<Reach> {
  const count = Math.round((perSecond * durationMs) / 1000)
  const began = performance.now()
  const waiting: Promise<Launched | undefined>[] = []
  for (let sent = 0; sent < count; sent++) {
    const dueInMs = began + (sent * 1000) / perSecond - performance.now()
    if (dueInMs > 1) await pause(dueInMs)
    waiting.push(launchOne(client).catch(() => undefined))
  }
  const sentMs = performance.now() - began
  const launched = (await Promise.all(waiting)).filter((it) => it !== undefined)
  // Asked for when all is over: nobody who launches would.
  const reachMs: number[] = []
  for (const { instance, postedAt } of launched) {
    const { status } = await client.instances.show({ params: { instance } })
    reachMs.push(Date.parse(status.startedAt!) - postedAt)
  }
  return { reachMs, launchesPerSecond: (count / sentMs) * 1000, refused: count - launched.length }
}

interface Launched {
  instance: InstanceId
  postedAt: number
}

async function launchOne(client: Client): Promise<Launched> {
  const postedAt = Date.now()
  const accepted = await client.instances.launch({ body: { service: benchService } })
  return { instance: launchedBy(await endedWell(client, accepted)), postedAt }
}
