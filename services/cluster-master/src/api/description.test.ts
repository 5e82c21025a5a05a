import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { startJoiningBed } from '../testing/joining-bed.ts'
import type { JoiningBed } from '../testing/joining-bed.ts'
import { addSampleService, startTestMaster } from '../testing/start-test-master.ts'
import type { TestMaster } from '../testing/start-test-master.ts'

const applyTo = async (master: TestMaster, description: object, query = '') => {
  const { status, body } = await master.request('PUT', `/v1/description?from=lab.yaml${query}`, { body: description })
  const changes = body['changes'] as { verb: string; id: string }[] | undefined
  return { status, body, changes: changes?.map(({ verb, id }) => `${verb} ${id}`) }
}
const shown = async (master: TestMaster) => (await master.request('GET', '/v1/description')).body

describe('a description that is applied', () => {
  let bed: JoiningBed
  let master: TestMaster
  beforeAll(async () => {
    bed = await startJoiningBed()
    ;({ master } = bed)
  })
  afterAll(() => bed.stop())
  const apply = (description: object, query = '') => applyTo(master, description, query)
  const label = (node: string, body: object) => master.request('PATCH', `/v1/nodes/${node}`, { body })

  it('changes nothing when it is only tried', async () => {
    const { status, changes } = await apply({ clusters: { 'shelf-9': {} } }, '&dryRun=true')
    expect([status, changes]).toEqual([200, ['created clusters.shelf-9']])
    expect(await shown(master)).toEqual({ items: [], expected: [] })
  })

  it('gives a node that is there its cluster and labels, and one that joins later too', async () => {
    await bed.joined('pi-01', { labels: { rack: '2' } })
    const description = {
      clusters: { 'shelf-2': {} },
      nodes: { 'pi-[01-02]': { cluster: 'shelf-2', labels: { shelf: '2' } } },
    }
    expect((await apply(description)).changes).toEqual([
      'created clusters.shelf-2',
      'created nodes.pi-01',
      'created nodes.pi-02',
    ])
    const { body } = await master.request('GET', '/v1/whoami')
    expect(await bed.node('pi-01')).toMatchObject({
      cluster: 'shelf-2',
      labels: { rack: '2', shelf: '2' },
      deed: { verb: 'updated', by: body['tokenId'] },
    })
    expect(await shown(master)).toMatchObject({
      applied: { by: body['tokenId'], from: 'lab.yaml', digest: expect.stringMatching(/^sha256:/) },
      expected: ['pi-02'],
    })
    expect((await bed.joined('pi-02')).body).toMatchObject({ cluster: 'shelf-2', admission: 'approved' })
    expect(await bed.node('pi-02')).toMatchObject({ labels: { shelf: '2' } })
    expect(await shown(master)).toMatchObject({ expected: [] })
    await eventually(async () => expect(await bed.eventTypes('clusters.shelf-2')).toEqual(['declaration.created']))

    const before = await shown(master)
    const { revision } = await bed.node('pi-01')
    expect((await apply(description)).changes).toEqual([])
    expect(await shown(master)).toEqual(before)
    expect((await bed.node('pi-01'))['revision']).toBe(revision)
  })

  it('is what others cannot change, and they are told where it is said', async () => {
    for (const body of [{ cluster: 'shelf-3' }, { labels: { shelf: null } }, { labels: { shelf: '3', other: '1' } }])
      expect((await label('pi-01', body)).body).toMatchObject({ status: 409, code: 'managed_by_file' })
    const { body } = await label('pi-01', { labels: { shelf: null } })
    expect(body['hint']).toContain('nodes.pi-[01-02].labels.shelf in lab.yaml')
    expect((await label('pi-01', { labels: { mine: '1' }, cluster: 'shelf-2' })).status).toBe(200)
  })

  it('leaves what it names no more, which others may change then, and prunes what they left', async () => {
    expect((await apply({ clusters: { 'shelf-2': {} } })).changes).toEqual(['left nodes.pi-01', 'left nodes.pi-02'])
    expect((await bed.node('pi-01'))['labels']).toEqual({ rack: '2', shelf: '2', mine: '1' })
    expect((await label('pi-02', { labels: { shelf: 'other' } })).status).toBe(200)
    const { changes } = await apply({ clusters: { 'shelf-2': {} } }, '&prune=true')
    expect(changes).toEqual(['pruned nodes.pi-01', 'pruned nodes.pi-02'])
    expect(await bed.node('pi-01')).toMatchObject({ labels: { rack: '2', mine: '1' }, admission: 'approved' })
    expect(await bed.node('pi-02')).toMatchObject({ labels: { shelf: 'other' } })
  })

  it('is refused with every field that is wrong, and then changes nothing', async () => {
    const wrong = { clusters: { a: { policy: 'none' } }, nodes: { 'pi-01': { cluster: 'b' } } }
    const { body } = await apply(wrong)
    expect(body).toMatchObject({ status: 400, code: 'invalid_input' })
    expect((body['errors'] as { path: string }[]).map(({ path }) => path)).toEqual([
      'nodes.pi-01.cluster',
      'clusters.a.policy',
    ])
    expect((await shown(master))['items']).toMatchObject([{ id: 'clusters.shelf-2' }])
  })

  it('names users: their tokens have their roles, and go with them', async () => {
    const users = (role: string) => ({ users: { alice: { roles: [role] } } })
    await apply(users('viewer'))
    const made = await bed.post('/v1/tokens', { name: 'laptop', user: 'alice' })
    expect([made.status, made.body]).toMatchObject([201, { roles: ['viewer'], user: 'alice' }])
    const secret = String(made.body['secret'])
    const invites = async () =>
      (await master.request('POST', '/v1/invitations', { secret, body: { cluster: 'a' } })).status
    expect(await invites()).toBe(403)
    await apply(users('operator'))
    expect(await invites()).toBe(201)
    await apply({})
    expect(await invites()).toBe(201)
    expect((await apply({}, '&prune=true')).changes).toContain('pruned users.alice')
    expect(await invites()).toBe(401)
    expect((await bed.post('/v1/tokens', { name: 'again', user: 'alice' })).body).toMatchObject({ code: 'not_found' })
    for (const body of [{ name: 'both', user: 'alice', roles: ['viewer'] }, { name: 'neither' }])
      expect((await bed.post('/v1/tokens', body)).body).toMatchObject({ code: 'invalid_input' })
  })

  it('is an admin’s to apply', async () => {
    const { body } = await bed.post('/v1/tokens', { name: 'operator', roles: ['operator'] })
    const answer = await master.request('PUT', '/v1/description', { secret: String(body['secret']), body: {} })
    expect(answer.body).toMatchObject({ status: 403, code: 'forbidden' })
  })
})

it('a policy of a description decides where instances go, also after a restart', async () => {
  const master = await startTestMaster()
  try {
    await addSampleService(master)
    for (const id of ['a', 'b']) await master.addNode(id)
    await eventually(async () => {
      const { body } = await master.request('GET', '/v1/nodes?filter=liveness=ready')
      expect(body['items']).toHaveLength(2)
    })
    const nodesOf = async (prefix: string) => {
      const nodes = new Set<unknown>()
      for (const n of [1, 2]) {
        const body = { service: 'org.example.search', name: `${prefix}-${n}` }
        await master.ended(await master.request('POST', '/v1/instances', { body }))
        nodes.add((await master.request('GET', `/v1/instances/${prefix}-${n}`)).body['node'])
      }
      return [...nodes]
    }
    expect(await nodesOf('spread')).toHaveLength(2)
    const filling = { policies: { filling: { scores: ['fits-ideal'] } } }
    await applyTo(master, { ...filling, placement: { policy: 'filling' } })
    const [first] = await nodesOf('filled')
    expect(await nodesOf('filled-too')).toEqual([first])
    await master.restart()
    expect(await nodesOf('restarted')).toEqual([first])
    await applyTo(master, filling, '&prune=true')
    expect(await nodesOf('spread-again')).not.toContain(first)
  } finally {
    await master.stop()
  }
}, 30_000)

describe('a file that the master follows', () => {
  let folder: string
  let master: TestMaster
  const file = () => join(folder, 'bramble.yaml')
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bramble-description-'))
    master = await startTestMaster({ descriptionFile: file() })
  })
  afterAll(async () => {
    await master.stop()
    rmSync(folder, { recursive: true })
  })
  const itemIds = async () => ((await shown(master))['items'] as { id: string }[]).map(({ id }) => id)
  const soon = (check: () => Promise<void>) => eventually(check, 20_000)

  it('need not be there; once it is, it is applied, and again when it changed', async () => {
    expect(await shown(master)).toMatchObject({ file: file(), items: [] })
    writeFileSync(file(), 'clusters: { a: {} }\n')
    await soon(async () => expect(await itemIds()).toEqual(['clusters.a']))
    expect(await shown(master)).toMatchObject({ applied: { by: 'file', from: file() } })
    writeFileSync(file(), 'clusters: { b: {} }\n')
    await soon(async () => expect(await itemIds()).toEqual(['clusters.a', 'clusters.b']))
  }, 30_000)

  it('with mistakes changes nothing and says all of them, until it is right', async () => {
    writeFileSync(file(), 'clusters:\n  c: {}\n  D: {}\nnodes: { n: { cluster: d } }\n')
    const mistakes = [
      expect.stringContaining(`${file()}:3:3: clusters.D: `),
      expect.stringMatching(/:4:15: .*no cluster d/),
    ]
    await soon(async () => expect(await shown(master)).toMatchObject({ refused: { mistakes } }))
    const { body } = await master.request('GET', '/v1/system/tasks')
    const task = (body['items'] as { name: string; lastError?: string }[]).find(
      ({ name }) => name === 'follow-description',
    )
    expect(task?.lastError).toMatch(/clusters\.D: [^]*no cluster d/)
    expect(await itemIds()).toEqual(['clusters.a', 'clusters.b'])
    expect((await master.request('GET', '/readyz')).status).toBe(200)
    writeFileSync(file(), 'clusters: { b: {}, c: {} }\n')
    await soon(async () => expect(await itemIds()).toContain('clusters.c'))
    expect(await shown(master)).not.toHaveProperty('refused')
  }, 30_000)

  it('does not take back what was applied since, until it changes', async () => {
    await applyTo(master, { users: { bob: { roles: ['viewer'] } } }, '&prune=true')
    await master.restart()
    const runs = async () => {
      const { body } = await master.request('GET', '/v1/system/tasks')
      return (body['items'] as { name: string; runs: number }[]).find(({ name }) => name === 'follow-description')!.runs
    }
    await soon(async () => expect(await runs()).toBeGreaterThan(1))
    expect(await itemIds()).toEqual(['users.bob'])
    writeFileSync(file(), 'clusters: { e: {} }\n')
    await soon(async () => expect(await itemIds()).toEqual(['clusters.e', 'users.bob']))
  }, 30_000)
})
