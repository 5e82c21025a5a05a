import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { eventually } from '@bramble/kit'
import { makeTempFolder, runProgram, startMasterProcess, startMongo, startRabbitMq } from '@bramble/testkit'
import type { MasterProcess, MongoServer, RabbitMqServer, TempFolder } from '@bramble/testkit'
import { metaOf } from '../../services/cluster-master/src/store/mongo/meta.ts'
import { connectMongo } from '../../services/cluster-master/src/store/mongo/mongo-server.ts'

const main = join(import.meta.dirname, '../../services/cluster-master/src/main.ts')
const longerThanTheLeaseMs = 11_000

let mongo: MongoServer
let broker: RabbitMqServer
beforeAll(async () => {
  ;[mongo, broker] = await Promise.all([startMongo(), startRabbitMq()])
}, 120_000)
afterAll(() => Promise.all([mongo?.stop(), broker?.stop()]))

let databases = 0
let folder: TempFolder
let uri: string
let masters: MasterProcess[]
beforeEach(async () => {
  folder = await makeTempFolder()
  databases += 1
  uri = `${mongo.uri}master${databases}?authSource=admin`
  masters = []
})
afterEach(async () => {
  for (const master of masters) if (!master.hasEnded()) master.kill('SIGKILL')
  await Promise.all(masters.map(({ ended }) => ended))
  await folder.remove()
})

/** A master on the store and the broker of this test; all of them share the files. */
function start(): MasterProcess {
  const master = startMasterProcess({ dataDir: folder.path, store: { uri }, broker })
  masters.push(master)
  return master
}

async function startServing(): Promise<MasterProcess> {
  const master = start()
  await master.serves
  return master
}

interface Readyz {
  status: number
  checks: Record<string, { ok: boolean; detail?: string }>
}

async function readyz(master: MasterProcess): Promise<Readyz> {
  const answer = await fetch(`${await master.url}/readyz`, { signal: AbortSignal.timeout(5000) })
  return { status: answer.status, checks: ((await answer.json()) as Readyz).checks }
}

const untilReady = (master: MasterProcess, deadlineMs = 15_000) =>
  eventually(async () => expect(await readyz(master)).toMatchObject({ status: 200 }), deadlineMs)

const untilMissing = (master: MasterProcess, name: string) =>
  eventually(async () => {
    const { status, checks } = await readyz(master)
    expect(status).toBe(503)
    expect(checks).toMatchObject({ [name]: { ok: false, detail: expect.stringMatching(/\w{4}/) } })
  }, 15_000)

/** Every request of this suite is answered within five seconds, whatever is down. */
async function request(master: MasterProcess, method: string, path: string, body?: object) {
  const { token } = await master.client()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(5000)
  const url = (await master.url) + path
  const answer = await fetch(url, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) })
  const { code } = (await answer.json()) as { code?: string }
  return { status: answer.status, code, retryAfter: answer.headers.get('retry-after') }
}

const launch = (master: MasterProcess) => request(master, 'POST', '/v1/instances', { service: 'org.example.none' })
const create = (master: MasterProcess, id: string) => request(master, 'POST', '/v1/services', { id })
const refusal = { status: 503, code: 'unavailable', retryAfter: expect.stringMatching(/^\d+$/) }

async function msUntil(done: Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await done
  return performance.now() - startedMs
}

/** Checks it again and again for so long. */
async function throughout(ms: number, check: () => Promise<void>): Promise<void> {
  for (const endMs = performance.now() + ms; performance.now() < endMs; await setTimeout(250)) await check()
}

it('tells its version', async () => {
  const result = await runProgram([process.execPath, main, 'version'])
  expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})

it('names every mistake of its settings, with exit code 2', async () => {
  const env = { BRAMBLE__BUS__URL: 'amqp://rabbitmq', BRAMBLE__STORE__KIND: 'paper' }
  const { exitCode, stderr } = await runProgram([process.execPath, main, '--port', 'x'], { env })
  expect(exitCode).toBe(2)
  for (const named of ['http.port', 'bus.url', 'store.kind']) expect(stderr).toContain(named)
})

describe('the master as a process', () => {
  it('serves, ends within five seconds when told to, and leaves the lease to the next one', async () => {
    const first = await startServing()
    await untilReady(first)
    expect(await create(first, 'org.example.a')).toMatchObject({ status: 201 })
    first.kill('SIGTERM')
    expect(await msUntil(first.ended)).toBeLessThan(5000)
    expect(await first.ended).toEqual({ code: 0, signal: null })
    const second = start()
    expect(await msUntil(second.serves)).toBeLessThan(8000)
    expect(await request(second, 'GET', '/v1/services/org.example.a')).toMatchObject({ status: 200 })
  }, 60_000)

  it('does nothing while another one lives, and serves within 15 s after all were killed', async () => {
    const first = await startServing()
    const second = start()
    await untilMissing(second, 'lease')
    await throughout(longerThanTheLeaseMs, async () => {
      expect(await readyz(second)).toMatchObject({ status: 503, checks: { lease: { ok: false } } })
      expect(await launch(second)).toMatchObject({ ...refusal, code: 'not_serving' })
      expect(await request(first, 'GET', '/v1/services')).toMatchObject({ status: 200 })
    })
    for (const master of [second, first]) master.kill('SIGKILL')
    await Promise.all([second.ended, first.ended])
    expect(await msUntil(start().serves)).toBeLessThan(15_000)
  }, 90_000)

  it('ends when another one has the lease', async () => {
    const master = await startServing()
    const server = connectMongo({ uri })
    await metaOf(server.database).updateOne({ _id: 'lease' }, { $set: { holder: 'another', session: 'another' } })
    await server.close()
    expect(await master.ended).toEqual({ code: 1, signal: null })
    expect(master.logs()).toMatch(/"level":"fatal".*"holder":"another".*the lease is lost/)
  })

  it('ends within five seconds also while its servers hang', async () => {
    const master = await startServing()
    await Promise.all([mongo.kill('SIGSTOP'), broker.kill('SIGSTOP')])
    try {
      master.kill('SIGTERM')
      expect(await msUntil(master.ended)).toBeLessThan(5000)
    } finally {
      await Promise.all([mongo.kill('SIGCONT'), broker.kill('SIGCONT')])
    }
  }, 60_000)
})

describe('while a server is away, the master', () => {
  it('names the broker, accepts no operation, answers what it can, and goes on when it is back', async () => {
    const master = await startServing()
    await broker.kill('SIGSTOP')
    await untilMissing(master, 'bus')
    expect(await launch(master)).toMatchObject(refusal)
    expect(await request(master, 'GET', '/v1/nodes')).toMatchObject({ status: 200 })
    expect(await request(master, 'GET', '/v1/operations')).toMatchObject({ status: 200 })
    await broker.kill('SIGCONT')
    await untilReady(master)
    expect(await launch(master)).toMatchObject({ status: 404, code: 'not_found' })
  }, 90_000)

  it('names the database, writes nothing, answers what it can, and goes on when it is back', async () => {
    const master = await startServing()
    await create(master, 'org.example.a')
    await mongo.kill('SIGSTOP')
    // Before and after it has been noticed.
    expect(await create(master, 'org.example.b')).toMatchObject(refusal)
    await untilMissing(master, 'store')
    expect(await create(master, 'org.example.c')).toMatchObject(refusal)
    expect(await launch(master)).toMatchObject({ status: 404 })
    expect(await request(master, 'GET', '/v1/services/org.example.a')).toMatchObject({ status: 200 })
    expect(await request(master, 'GET', '/v1/services')).toMatchObject(refusal)
    await mongo.kill('SIGCONT')
    await untilReady(master)
    expect(await create(master, 'org.example.c')).toMatchObject({ status: 201 })
  }, 90_000)

  it('names both when both were killed, and goes on when they were started again', async () => {
    const master = await startServing()
    await Promise.all([mongo.kill('SIGKILL'), broker.kill('SIGKILL')])
    await untilMissing(master, 'store')
    await untilMissing(master, 'bus')
    expect(await launch(master)).toMatchObject(refusal)
    expect(await create(master, 'org.example.a')).toMatchObject(refusal)
    await Promise.all([mongo.restart(), broker.restart()])
    await untilReady(master)
    expect(await create(master, 'org.example.a')).toMatchObject({ status: 201 })
    expect(await launch(master)).toMatchObject({ status: 404, code: 'not_found' })
  }, 90_000)
})
