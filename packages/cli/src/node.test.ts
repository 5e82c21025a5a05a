import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { makeProblem } from '@bramble/contracts'
import { answering, bramble } from './cli.fixture.ts'

const invitation = {
  id: 'iv-1',
  cluster: 'shelf-1',
  uses: 1,
  needsApproval: false,
  expiresAt: '2026-01-01T00:10:00.000Z',
}
const created = { invitation, token: 'join_x', masterUrl: 'http://192.0.2.1:8080' }

/** Answers everything with `answer`, and keeps what was asked. */
const keeping = async (answer: (path: string) => [number, unknown]) => {
  const asked: Promise<[string, unknown]>[] = []
  const keep = (request: IncomingMessage): [number, unknown] => {
    asked.push(text(request).then((body) => [`${request.method} ${request.url}`, body && JSON.parse(body)]))
    return answer(request.url ?? '')
  }
  return { ...(await answering(keep)), asked: () => Promise.all(asked) }
}

describe('bramble node invite', () => {
  it('prints one command, with the address that other hosts know', async () => {
    using master = await keeping(() => [201, created])
    const args = ['node', 'invite', 'pi-07', '--cluster', 'shelf-1', '--label', 'rack=2', '--expires', '5m']
    const { code, out, err } = await bramble([...args, '--url', master.url])
    expect([code, out]).toEqual([0, 'scripts/join http://192.0.2.1:8080 join_x\n'])
    expect(err).toContain('on the new host before 2026-01-01T00:10:00.000Z')
    expect(await master.asked()).toEqual([
      ['POST /v1/invitations', { node: 'pi-07', cluster: 'shelf-1', labels: { rack: '2' }, expiresInSeconds: 300 }],
    ])
  })

  it('prints the command of a host with Docker when asked to', async () => {
    using master = await keeping(() => [201, created])
    const { out } = await bramble(['node', 'invite', '--docker', '--url', master.url])
    expect(out).toMatch(
      /^BRAMBLE__MASTER__URL=http:\/\/192.0.2.1:8080 BRAMBLE__JOIN__TOKEN=join_x .*docker compose .*\n$/,
    )
  })

  it('gives scripts the parts', async () => {
    using master = await keeping(() => [201, { invitation, token: 'join_x' }])
    const json = await bramble(['node', 'invite', '-o', 'json', '--url', `${master.url}/`])
    expect(JSON.parse(json.out)).toMatchObject({ token: 'join_x', masterUrl: master.url, invitation })
    expect(json.err).toContain('set publicUrl')
    const name = await bramble(['node', 'invite', '-o', 'name', '--url', master.url])
    expect(name.out).toBe('join_x\n')
  })
})

describe('verbs on nodes', () => {
  it('go over ranges', async () => {
    using master = await keeping(() => [200, { node: { instances: 3 }, operations: [] }])
    const { code, err } = await bramble(['node', 'drain', 'pi[08-10]', 'mini', '--url', master.url])
    expect(code).toBe(0)
    expect(err).toContain('pi09: takes no more instances; it has 3')
    const paths = ['pi08', 'pi09', 'pi10', 'mini'].map((node) => `POST /v1/nodes/${node}/actions/drain`)
    expect(await master.asked()).toEqual(paths.map((path) => [path, { evict: false }]))
  })

  it('end with 8 when some nodes refuse', async () => {
    const problem = makeProblem('wrong_state', 'The node pi2 is seen.')
    using master = await keeping((path) => (path.includes('pi2') ? [problem.status, problem] : [200, {}]))
    const { code, err } = await bramble(['node', 'undrain', 'pi[1-3]', '--url', master.url])
    expect(code).toBe(8)
    expect(err).toMatch(/pi1: takes instances again\npi2: error: The node pi2 is seen.*\n.*\npi3: takes/)
  })

  it('evict waits for what is deleted', async () => {
    const operation = { id: 'op-1', kind: 'instance.delete', status: 'succeeded', phase: 'succeeded' }
    using master = await keeping((path) =>
      path.startsWith('/v1/operations') ? [200, operation] : [200, { node: { instances: 1 }, operations: ['op-1'] }],
    )
    const { code, err } = await bramble(['node', 'drain', 'pi-1', '--evict', '--url', master.url])
    expect(code).toBe(0)
    expect(err).toContain('1 deleted')
    expect((await master.asked()).map(([path]) => path)).toContain('GET /v1/operations/op-1')
  })

  it('force a retirement', async () => {
    using master = await keeping(() => [200, {}])
    await bramble(['node', 'retire', 'pi-1', '--force', '--url', master.url])
    expect(await master.asked()).toEqual([['POST /v1/nodes/pi-1/actions/retire', { force: true }]])
  })

  it('label sets, takes away and moves', async () => {
    using master = await keeping(() => [200, { id: 'pi-1' }])
    const args = ['node', 'label', 'pi-1', 'shelf=2', 'rack-', '--cluster', 'shelf-2', '-o', 'name']
    expect(await bramble([...args, '--url', master.url])).toMatchObject({ code: 0, out: 'pi-1\n' })
    const body = { labels: { shelf: '2', rack: null }, cluster: 'shelf-2' }
    expect(await master.asked()).toEqual([['PATCH /v1/nodes/pi-1', body]])
  })

  it.each([
    ['node', 'drain', 'pi[3-1]'],
    ['node', 'label', 'pi-1', 'shelf'],
  ])('refuse %s %s %s', async (...args) => {
    expect((await bramble([...args, '--url', 'http://127.0.0.1:9'])).code).toBe(2)
  })
})

it('bramble node list --seen lists hosts that wait, in place of nodes', async () => {
  const firstSeenAt = '2026-01-01T00:00:00.000Z'
  const seen = { id: 'pi-08', addresses: ['10.0.0.8'], port: 7443, arch: 'aarch64', sites: ['local'], firstSeenAt }
  using master = await keeping(() => [200, { items: [seen] }])
  const { code, out } = await bramble(['node', 'list', '--seen', '--filter', 'id~pi', '--url', master.url])
  expect(code).toBe(0)
  expect(out).toMatch(/^NAME +ADDRESSES[^\n]*\npi-08 +10\.0\.0\.8 +aarch64/)
  expect((await master.asked()).map(([path]) => path)).toEqual([
    expect.stringMatching(/^GET \/v1\/seen-nodes\?.*filter=id/),
  ])
})
