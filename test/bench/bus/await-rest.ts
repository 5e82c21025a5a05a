import type { Client } from '@bramble/client'
import { request } from '@bramble/client'
import { pollUntil } from '@bramble/testkit'
import { setTimeout as pause } from 'node:timers/promises'

const restMs = 1_200_000
const lookEveryMs = 3000

/** Until all instances run and what there was to tell of them has been told: no event came for some seconds. */
export async function awaitRest(client: Client, want: { nodes: number; instances: number }): Promise<void> {
  let last: string | undefined
  const isAtRest = async () => {
    const text = await (await request(client, { method: 'GET', path: '/metrics' })).text()
    const figure = (name: string) => new RegExp(`^${name}[^\\n]* ([0-9.e+]+)$`, 'm').exec(text)?.[1]
    const events = figure('bramble_events_recorded')
    const isQuiet = events === last
    last = events
    const ready = Number(figure('bramble_nodes\\{liveness="ready"'))
    const running = Number(figure('bramble_instances\\{phase="running"'))
    if (isQuiet && ready >= want.nodes && running >= want.instances) return true
    await pause(lookEveryMs)
    return false
  }
  await pollUntil(isAtRest, `${want.instances} instances to run on ${want.nodes} nodes`, restMs)
}
