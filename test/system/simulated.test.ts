// The embedded cloudlet on simulated nodes, through the product's own client: many instances, lists page by page, events
// that can be followed over a restart, and a restart in the middle of operations.
import { followEvents, listAll } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { Event, Instance, Operation } from '@bramble/contracts'
import { startCloudlet } from '@bramble/testkit'
import type { Cloudlet } from '@bramble/testkit'
import { readEnds } from '../shared/ends.ts'
import { ended, refusal, succeeded } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService as service } from '../shared/simulated-service.ts'

const many = 300

let cloudlet: Cloudlet
beforeAll(async () => {
  cloudlet = await startCloudlet({ driver: 'simulated', env: { BRAMBLE__SIMULATED__NODES: '3' } })
  await makeSimulatedService(cloudlet.client)
}, 60_000)
afterAll(() => cloudlet?.stop())

const client = () => cloudlet.client

type Query = NonNullable<NonNullable<Parameters<Client['instances']['list']>[0]>['query']>

/** All instances, page after page. */
async function listInstances(query: Query): Promise<Instance[]> {
  const all: Instance[] = []
  const pages = listAll<Instance, Query>((input) => client().instances.list(input), query)
  for await (const instance of pages) all.push(instance)
  return all
}

describe('300 instances', () => {
  it('are launched side by side, spread over the nodes', async () => {
    const accepted = await Promise.all(
      Array.from({ length: many }, (_, n) => client().instances.launch({ body: { service, name: `many-${n}` } })),
    )
    await Promise.all(accepted.map((operation) => succeeded(client(), operation)))
    const { items } = await client().nodes.list()
    expect(items.map(({ instances }) => instances).reduce((a, b) => a + b)).toBe(many)
    expect(items.every(({ instances }) => instances > 0)).toBe(true)
  }, 60_000)

  it('are listed page by page, each once, filtered and sorted', async () => {
    const all = await listInstances({ limit: 70 })
    expect(new Set(all.map(({ name }) => name)).size).toBe(many)
    const first = await client().instances.list({ query: { limit: 70 } })
    expect([first.items.length, typeof first.nextCursor]).toEqual([70, 'string'])
    const sorted = await listInstances({ limit: 100, sort: '-name' })
    const names = sorted.map(({ name }) => name)
    expect(names).toEqual(names.toSorted().reverse())
    const filter = 'name~many-29'
    const some = await listInstances({ limit: 2, filter })
    expect(some.length).toBe(11)
  }, 30_000)

  it('have host ports of their own', async () => {
    const all = await listInstances({ limit: 1000 })
    const ports = all.map(({ node, status }) => `${node}:${status.forwards[0]!.hostPort}`)
    expect(new Set(ports).size).toBe(many)
  }, 30_000)

  it('are deleted', async () => {
    const all = await listInstances({ limit: 1000 })
    const accepted = await Promise.all(all.map(({ id }) => client().instances.remove({ params: { instance: id } })))
    await Promise.all(accepted.map((operation) => succeeded(client(), operation)))
    expect((await client().instances.list()).items).toEqual([])
  }, 60_000)
})

describe('consoles and commands', () => {
  const launchOn = async (node: string) => {
    await succeeded(client(), client().instances.launch({ body: { service, name: `on-${node}`, node } }))
    return { params: { instance: `on-${node}` } }
  }

  it('are simulated by the node itself', async () => {
    const target = await launchOn('local')
    const { stdoutBase64 } = await client().instances.exec({ ...target, body: { command: ['echo', 'hello'] } })
    expect(Buffer.from(stdoutBase64, 'base64').toString()).toBe('echo hello\n')
    expect(await client().instances.console(target)).toContain('simulated')
    await succeeded(client(), client().instances.remove(target))
  }, 30_000)

  it('are refused by the fleet, with the reason', async () => {
    const target = await launchOn('sim-001')
    const asked = client().instances.exec({ ...target, body: { command: ['true'] } })
    expect(await refusal(client(), asked)).toMatchObject({
      code: 'wrong_state',
      hint: expect.stringContaining('fleet'),
    })
    await succeeded(client(), client().instances.remove(target))
  }, 30_000)
})

describe('a repeated request', () => {
  it('with the same Idempotency-Key is carried out once', async () => {
    const ask = (name: string) => client().instances.launch({ body: { service, name }, idempotencyKey: 'once' })
    const [first, again] = [await ask('once'), await ask('once')]
    expect(again.id).toBe(first.id)
    expect(await refusal(client(), ask('other'))).toMatchObject({ code: 'idempotency_key_reused', status: 422 })
    await succeeded(client(), first)
    await succeeded(client(), client().instances.remove({ params: { instance: 'once' } }))
  }, 30_000)
})

describe('events', () => {
  it('are one sequence over a restart, without gap or repetition', async () => {
    const from = (await client().events.list({ query: { limit: 1000 } })).nextSince
    await succeeded(client(), client().instances.launch({ body: { service, name: 'before' } }))
    await cloudlet.restart()
    await succeeded(client(), client().instances.launch({ body: { service, name: 'after' } }))
    const stop = new AbortController()
    const seen: Event[] = []
    for await (const item of followEvents(client(), { since: from, signal: stop.signal })) {
      if (item.kind === 'gap') throw new Error('a gap')
      seen.push(item.event)
      if (item.event.type === 'operation.succeeded' && seen.filter(isSuccess).length === 2) break
    }
    stop.abort()
    const sequences = seen.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    expect(new Set(sequences).size).toBe(sequences.length)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length)
  }, 30_000)
})

const isSuccess = ({ type }: Event) => type === 'operation.succeeded'

describe('a restart in the middle of operations', () => {
  it('lets every accepted one end, once', async () => {
    await cloudlet.restart({ BRAMBLE__SIMULATED__START_MS: '300', BRAMBLE__SIMULATED__READY_MS: '300' })
    const accepted: Operation[] = await Promise.all(
      Array.from({ length: 30 }, (_, n) => client().instances.launch({ body: { service, name: `mid-${n}` } })),
    )
    await cloudlet.restart()
    const ends = await Promise.all(accepted.map((operation) => ended(client(), operation)))
    expect(ends.map(({ status }) => status)).toEqual(ends.map(() => 'succeeded'))
    const { wrong, operations } = await readEnds(cloudlet)
    expect(wrong).toEqual([])
    expect(operations.length).toBeGreaterThan(2 * many)
  }, 60_000)
})
