// The embedded process is killed at every crash point that master and agent declare, each time in the middle of the
// kind of operation that the point belongs to, on real VMs. Whatever it was, it ends in exactly one way, leaves nothing,
// and touches no VM that was ready before.
// Broken builds that this catches: an operation written after it was answered, a slot used before it is written down, an
// outcome told twice, a VM started anew instead of adopted.
import { waitOperation } from '@bramble/client'
import { crashPoint as masterPoint } from '../../services/cluster-master/src/crash-points.ts'
import { crashPoint as agentPoint } from '@bramble/node-agent'
import type { Instance, Operation } from '@bramble/contracts'
import { readEnds } from '../shared/ends.ts'
import { ended, launch, remove } from '../shared/operations.ts'
import { armCrash, clearCrash, crashFile } from '../lab/support/crash.ts'
import { askStatus } from '../shared/guest.ts'
import { probe, machine, pushTinyGuest, service } from '../shared/make-artifacts.ts'
import { expectNoOrphans } from '../lab/support/orphans.ts'
import { openPreparedLab } from '../lab/support/prepared-lab.ts'
import type { PreparedLab } from '../lab/support/prepared-lab.ts'

type Kind = 'launch' | 'capture' | 'delete'
type Point = (typeof masterPoint.names)[number] | (typeof agentPoint.names)[number]

/** What happens when master and node lose each other has a test of its own: lost-node.test.ts. */
const isOfLoss = (point: Point) => /^(replace|agent\.stop)\./.test(point)
const points: readonly Point[] = [...masterPoint.names, ...agentPoint.names].filter((point) => !isOfLoss(point))

/** `agent.desired.*` is passed by every kind. */
const kindOf = (point: Point): Kind => {
  const part = point.replace(/^agent\./, '').split('.')[0]!
  return part === 'desired' ? 'launch' : (part as Kind)
}
const pointsOf = (kind: Kind) => points.filter((point) => kindOf(point) === kind)
const rounds = process.env['BRAMBLE_FULL'] ? 5 : 1

let lab: PreparedLab
/** Ready before every crash, and after it. */
let bystander: Instance
const hit = new Set<Point>()

beforeAll(async () => {
  lab = await openPreparedLab()
  await lab.cloudlet.restart({ BRAMBLE_CRASH_FILE: crashFile(lab.cloudlet) })
  bystander = await launch(lab.cloudlet.client, { service, name: 'bystander' })
}, 120_000)
afterAll(() => lab?.[Symbol.asyncDispose]())

/** Kills at the point while the operation is asked for and carried out, starts again, and gives the operation's end. */
async function crashAt(point: Point, ask: (key: string) => Promise<Operation>): Promise<Operation> {
  const key = `crash-${point}-${Math.random()}`
  const before = await lab.look()
  await armCrash(lab.cloudlet, point)
  // It may die before it answers: what was accepted is known all the same, by its key.
  const asked = ask(key).catch(() => undefined)
  const how = await lab.cloudlet.ended()
  if (how.signal !== 'SIGKILL') throw new Error(`${point}: it ended by ${how.signal ?? how.code}`)
  hit.add(point)
  await asked
  await clearCrash(lab.cloudlet)
  await lab.cloudlet.restart()
  const operation = await ended(lab.cloudlet.client, ask(key))
  const after = await lab.look()
  const domain = after.domains.find(({ uuid }) => uuid === bystander.status.domainUuid)!
  expect(before.qemus[domain.name]).toBe(after.qemus[domain.name])
  expect(domain.state).toBe('running')
  return operation
}

/** Each launch is followed by a deletion, so that few VMs run at a time. */
const pairs = pointsOf('launch').map((atLaunch, index) => ({ atLaunch, atDelete: pointsOf('delete')[index] }))

describe.each(Array.from({ length: rounds }, (_, round) => round))('round %i: killed in the middle of', (round) => {
  it.each(pairs)(
    'a launch, at $atLaunch, and a deletion, at $atDelete',
    async ({ atLaunch, atDelete }) => {
      const name = `at-${atLaunch.toLowerCase()}-${round}`
      const { client } = lab.cloudlet
      const find = async () => (await client.instances.list({ query: { filter: `name=${name}` } })).items
      const launched = await crashAt(atLaunch, (idempotencyKey) =>
        client.instances.launch({ body: { service, name }, idempotencyKey }),
      )
      expect(launched.status).toBe('succeeded')
      const instances = await find()
      expect(instances.map(({ status }) => status.phase)).toEqual(['running'])
      expect((await askStatus(instances[0]!)).bootId).toBe(lab.saved.bootId)
      await expectNoOrphans(lab)

      if (atDelete === undefined) return void (await remove(client, name))
      const deleted = await crashAt(atDelete, (idempotencyKey) =>
        client.instances.remove({ params: { instance: name }, idempotencyKey }),
      )
      expect([deleted.status, await find()]).toEqual(['succeeded', []])
      await expectNoOrphans(lab)
    },
    60_000,
  )

  it.each(pointsOf('capture').filter((point) => point !== 'capture.builderStored'))(
    'the saving of an overlay, at %s',
    async (point) => {
      const name = `of-${point.toLowerCase()}-${round}`
      const source = { kind: 'instance' as const, instance: 'bystander' }
      const { status, error } = await crashAt(point, (idempotencyKey) =>
        lab.cloudlet.client.overlays.create({ body: { name, source }, idempotencyKey }),
      )
      const overlays = (await lab.cloudlet.client.overlays.list({ query: { filter: `name=${name}` } })).items
      if (status === 'succeeded') expect(overlays).toMatchObject([{ status: 'available' }])
      else expect([error?.code, overlays]).toEqual(['capture_interrupted', []])
      expect(await askStatus(bystander)).toMatchObject({ bootId: lab.saved.bootId })
      await expectNoOrphans(lab)
    },
    40_000,
  )

  it('the making of a base, at capture.builderStored', async () => {
    const disk = await pushTinyGuest(lab.cloudlet.client)
    const source = { kind: 'disk' as const, disk, machine, probe }
    const name = `of-builder-${round}`
    const { status } = await crashAt('capture.builderStored', (idempotencyKey) =>
      lab.cloudlet.client.bases.create({ body: { name, source }, idempotencyKey }),
    )
    expect(status).toBe('succeeded')
    expect((await lab.cloudlet.client.bases.show({ params: { base: name } })).status).toBe('available')
    await expectNoOrphans(lab)
  }, 90_000)
})

describe('after all crashes', () => {
  it('every declared point was hit', () => {
    expect(points.filter((point) => !hit.has(point))).toEqual([])
  })

  it('every accepted operation has ended, once', async () => {
    const { client } = lab.cloudlet
    const { items } = await client.operations.list({ query: { limit: 1000 } })
    for (const { id } of items) await waitOperation(client, id, { timeoutMs: 10_000 })
    expect((await readEnds(lab.cloudlet)).wrong).toEqual([])
  }, 30_000)
})
