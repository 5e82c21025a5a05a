// T6. The database is killed and stopped under writes by eight clients, each with an Idempotency-Key. Whatever was
// answered with 2xx is there afterwards, once; while the database is away every answer comes within five seconds.
// The broken build: a store that takes a write for done when its answer was lost.
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@bramble/client'
import type { Operation, Service } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { isFull } from '../shared/full-counts.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'
import { takesErrorsForAnswers } from './broken/takes-errors-for-answers.ts'
import { askUntilAccepted, newAsking } from './support/ask.ts'
import { judgeAccepted, judgeEnds, judgeFacts, launchedIds } from './support/judge.ts'
import { seed, seededRandom } from './support/seeded-random.ts'
import { startServers } from './support/servers.ts'
import type { Servers } from './support/servers.ts'
import { openSuite } from './support/suite.ts'
import type { Suite, SuiteOptions } from './support/suite.ts'

const kills = isFull ? 30 : 2
const stops = isFull ? 5 : 1
const writes = isFull ? 2000 : 160
const clients = 8
/** Longer than any answer may take. */
const stoppedMs = 7000
const answerWithinMs = 5000
const restWithinMs = 30_000

let servers: Servers
beforeAll(async () => {
  servers = await startServers()
}, 100_000)
afterAll(() => servers?.[Symbol.asyncDispose]())

const openWritten = (options: SuiteOptions = {}): Promise<Suite> =>
  openSuite(servers, {
    ...options,
    prepare: async ({ startFleet, client }) => {
      await startFleet(2)
      await makeSimulatedService(client())
    },
  })

/** What was answered with 2xx. */
interface Written {
  operations: Operation[]
  services: string[]
}

/** Eight clients, each with one request at a time: a service, an instance, a service, ... `onFailure` may rethrow. */
function startWriting(client: Client, total: number, onFailure: (error: Error) => void) {
  const asking = newAsking()
  const written: Written = { operations: [], services: [] }
  const stopping = new AbortController()
  let next = 0
  const count = () => written.operations.length + written.services.length
  const write = async (at: number) => {
    const key = `t6-${at}`
    const patience = { key, asking, stopped: stopping.signal }
    if (at % 2 === 0) {
      const body = { id: `org.example.${key}` }
      written.services.push((await askUntilAccepted((how) => client.services.create({ body, ...how }), patience)).id)
    } else {
      const body = { service, name: key }
      written.operations.push(await askUntilAccepted((how) => client.instances.launch({ body, ...how }), patience))
    }
  }
  const run = async () => {
    while (next < total && !stopping.signal.aborted) await write(next++).catch(onFailure)
  }
  let isDone = false
  const done = Promise.all(Array.from({ length: clients }, run)).then(() => void (isDone = true))
  done.catch(() => {})
  const reached = async (wanted: number) => {
    while (count() < wanted && !isDone) await Promise.race([pause(5), done.then(() => pause(5))])
  }
  return { asking, written, reached, done, stop: () => stopping.abort(new Error('the writing was stopped')) }
}

const killDatabase = async () => {
  await servers.mongo.kill('SIGKILL')
  await servers.mongo.restart()
}
const stopDatabase = async () => {
  await servers.mongo.kill('SIGSTOP')
  await pause(stoppedMs)
  await servers.mongo.kill('SIGCONT')
}

/** What of all that was answered with 2xx is not there, or twice. */
async function judgeWritten({ oracle }: Suite, written: Written): Promise<string[]> {
  const stored = new Set((await oracle.documents<Service>('services')).map(({ id }) => id as string))
  const lost = written.services.filter((id) => !stored.has(id)).map((id) => `${id} was created and is lost`)
  return [...lost, ...judgeAccepted(written.operations, await oracle.operations())]
}

it(
  `keeps what it answered over ${kills} deaths and ${stops} standstills of the database (seed ${seed})`,
  async () => {
    const random = seededRandom(seed)
    await using suite = await openWritten()
    const faults = Array.from({ length: kills + stops }, (_, at) => ({ isKill: at < kills, order: random() }))
    const writing = startWriting(suite.client(), writes, (error) => Promise.reject(error))
    try {
      for (const [at, { isKill }] of faults.sort((a, b) => a.order - b.order).entries()) {
        await writing.reached(Math.floor((writes * (at + random())) / (faults.length + 1)))
        await (isKill ? killDatabase() : stopDatabase())
      }
      await writing.done
    } finally {
      writing.stop()
    }
    const { written, asking } = writing
    const slowestMs = Math.max(...asking.answersMs)
    console.log(
      `T6: ${writes} writes, slowest answer ${slowestMs.toFixed(0)} ms, refusals ${JSON.stringify([...asking.refusals])}`,
    )
    expect([written.operations.length, written.services.length]).toEqual([writes / 2, writes / 2])
    expect(asking.refusals.get('unavailable')).toBeGreaterThan(0)
    expect(slowestMs).toBeLessThan(answerWithinMs)
    await eventually(async () => {
      const [operations, events] = [await suite.oracle.operations(), await suite.oracle.events()]
      const rest = [...judgeEnds(operations, events), ...judgeFacts(launchedIds(operations), events)]
      expect([...rest, ...(await judgeWritten(suite, written))]).toEqual([])
    }, restWithinMs)
  },
  isFull ? 1_800_000 : 150_000,
)

it('objects to a store that takes a write for done when its answer was lost', async () => {
  await using suite = await openWritten({ patches: [takesErrorsForAnswers] })
  // Such a master may fail in other ways, too.
  const writing = startWriting(suite.client(), 160, () => {})
  let wrong: string[] = []
  // A kill between two writes loses none of them.
  for (let kills = 1; kills <= 8 && !wrong.some(isLoss); kills += 1) {
    await writing.reached(18 * kills)
    await killDatabase()
    wrong = await judgeWritten(suite, writing.written)
  }
  writing.stop()
  await writing.done
  expect(wrong).toContainEqual(expect.stringMatching(/is lost$/))
}, 120_000)

const isLoss = (wrong: string) => wrong.endsWith(' is lost')
