// The embedded process is killed at random times while launches are asked for and carried out on simulated nodes. What
// was accepted ends in exactly one way, and happens once.
// Broken builds that this catches: an operation answered before it is stored, a launch that is repeated after a crash,
// an event told twice.
// BRAMBLE_SEED repeats the times of a run; BRAMBLE_FULL kills ten times as often.
import { setTimeout as pause } from 'node:timers/promises'
import { UnreachableError } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { Instance, Operation } from '@bramble/contracts'
import { readStore, startCloudlet } from '@bramble/testkit'
import type { Cloudlet } from '@bramble/testkit'
import { readEnds } from '../shared/ends.ts'
import { ended } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'

const kills = process.env['BRAMBLE_FULL'] ? 200 : 20
const launches = 100
const longestLifeMs = 400
const seed = Number(process.env['BRAMBLE_SEED'] ?? Date.now() % 1_000_000)

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

let cloudlet: Cloudlet
beforeAll(async () => {
  const env = { BRAMBLE__SIMULATED__NODES: '3', BRAMBLE__SIMULATED__START_MS: '60', BRAMBLE__SIMULATED__READY_MS: '60' }
  cloudlet = await startCloudlet({ driver: 'simulated', env })
  await makeSimulatedService(cloudlet.client)
}, 60_000)
afterAll(() => cloudlet?.stop())

/** Asks until it is accepted, with one key; over as many deaths of the process as it takes. */
async function askUntilAccepted(client: Client, name: string): Promise<Operation> {
  for (;;) {
    try {
      return await client.instances.launch({ body: { service, name }, idempotencyKey: `launch-${name}` })
    } catch (error) {
      if (!(error instanceof UnreachableError) && !isPassing(error)) throw error
      await pause(20)
    }
  }
}

/** Refused only because nodes have not reported yet after a restart, or the first request is still under way. */
const isPassing = (error: unknown): boolean =>
  ['no_node_fits', 'idempotency_key_running', 'unavailable'].includes(
    (error as { problem?: { code: string } }).problem?.code ?? '',
  )

it(
  `ends every accepted operation once over ${kills} kills (seed ${seed})`,
  async () => {
    const random = randomFrom(seed)
    const accepted: Promise<Operation>[] = []
    for (let kill = 0; kill < kills; kill += 1) {
      while (accepted.length < (launches * (kill + 1)) / kills)
        accepted.push(askUntilAccepted(cloudlet.client, `random-${accepted.length}`))
      await pause(random() * longestLifeMs)
      await cloudlet.kill9()
      await cloudlet.restart()
    }
    const operations = await Promise.all(accepted)
    const ends = await Promise.all(operations.map((operation) => ended(cloudlet.client, operation)))
    expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 'succeeded'))
    expect((await readEnds(cloudlet)).wrong).toEqual([])
    await cloudlet.kill9()
    const instances = (await readStore(cloudlet.stateDir)).documents<Instance>('instances')
    const names = instances.map(({ name }) => name).sort()
    expect(names).toEqual(Array.from({ length: launches }, (_, n) => `random-${n}`).sort())
    expect(instances.every(({ status }) => status.phase === 'running')).toBe(true)
  },
  kills * 15_000,
)
