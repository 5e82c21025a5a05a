// A process of its own, so that its sources can be patched: records a trace, replays it in many orders to one of its
// receivers, and writes what was wrong as JSON. usage: main.ts agent|master SHUFFLES SEED
import { seededRandom } from '../support/seeded-random.ts'
import { reversed, shuffled, straight, twice } from './orders.ts'
import type { Order } from './orders.ts'
import { recordTrace } from './record-trace.ts'
import { replayToAgent } from './replay-to-agent.ts'
import { replayToMaster } from './replay-to-master.ts'

export interface ReplayResult {
  messages: { desired: number; reports: number; facts: number }
  replays: number
  wrong: { order: string; what: string[] }[]
}

const replay = { agent: replayToAgent, master: replayToMaster }[process.argv[2] as 'agent' | 'master']
const [shuffles, seed] = process.argv.slice(3).map(Number) as [number, number]
/** Most of a replay is waiting for pauses to pass. */
const atOnce = 4
/** More of them tell nothing new. */
const mostWrong = 5

const orders = function* (): Generator<[string, Order]> {
  yield* Object.entries({ straight, twice, reversed })
  for (let at = 0; at < shuffles; at += 1) yield [`shuffle ${seed + at}`, shuffled(seededRandom(seed + at))]
}

const trace = await recordTrace()
const { desired, reports, facts } = trace
const messages = { desired: desired.length, reports: reports.length, facts: facts.length }
const result: ReplayResult = { messages, replays: 0, wrong: [] }
const waiting = orders()
const replaySome = async () => {
  for (const [order, arrange] of waiting) {
    if (result.wrong.length >= mostWrong) return
    const what = await replay(trace, arrange)
    result.replays += 1
    if (what.length > 0) result.wrong.push({ order, what: what.slice(0, 5) })
  }
}
await Promise.all(Array.from({ length: atOnce }, replaySome))
process.stdout.write(JSON.stringify(result))
