import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { answering, bramble } from './cli.fixture.ts'

const example = join(import.meta.dirname, '../../../config/bramble.example.yaml')
const nobody = 'http://127.0.0.1:9'

let folder: string
const write = (content: string) => {
  const file = join(folder, 'lab.yaml')
  writeFileSync(file, content)
  return file
}
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'bramble-cli-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** A master that answers everything with `answer`, and keeps what was asked. */
const keeping = async (answer: unknown) => {
  const asked: Promise<[string, unknown]>[] = []
  const keep = (request: IncomingMessage): [number, unknown] => {
    asked.push(text(request).then((body) => [`${request.method} ${request.url}`, body && JSON.parse(body)]))
    return [200, answer]
  }
  return { ...(await answering(keep)), asked: () => Promise.all(asked) }
}

describe('bramble config validate', () => {
  it('finds none in the example, and asks nobody', async () => {
    expect(await bramble(['config', 'validate', example, '--url', nobody])).toMatchObject({ code: 0, out: '' })
  })

  it('prints all mistakes at once, each with its place and key', async () => {
    const file = write('clusters:\n  A: {}\nnodes:\n  n: { cluster: b, mac: x }\n')
    const { code, err } = await bramble(['config', 'validate', file])
    expect(code).toBe(2)
    const lines = err.trim().split('\n')
    expect(lines.map((line) => line.split(': ').slice(0, 2))).toEqual([
      [`${file}:2:3`, 'clusters.A'],
      [`${file}:4:8`, 'nodes.n.cluster'],
      [`${file}:4:20`, 'nodes.n.mac'],
    ])
  })

  it('reads stdin, and says when there is no file', async () => {
    const { code, err } = await bramble(['config', 'validate', '-'])
    expect([code, err]).toEqual([2, expect.stringMatching(/^stdin:1:1: /)])
    expect(await bramble(['config', 'validate', join(folder, 'none.yaml')])).toMatchObject({ code: 2 })
  })
})

describe('bramble apply', () => {
  it('sends the description, and shows what was changed', async () => {
    using master = await keeping({ digest: 'sha256:0', changes: [{ id: 'clusters.a', verb: 'created' }] })
    const file = write('clusters: { a: {} }\n')
    const { code, out, err } = await bramble(['apply', '-f', file, '--prune', '--url', master.url])
    expect([code, out, err]).toEqual([0, 'CHANGE   ITEM\ncreated  clusters.a\n', '1 change\n'])
    const query = `from=${encodeURIComponent(file)}&prune=true&dryRun=false`
    expect(await master.asked()).toEqual([[`PUT /v1/description?${query}`, { clusters: { a: {} } }]])
  })

  it('says when it was only tried', async () => {
    using master = await keeping({ digest: 'sha256:0', changes: [] })
    const { err } = await bramble(['apply', '-f', write(''), '--dry-run', '--url', master.url])
    expect(err).toBe('0 changes; nothing was done, it was only tried\n')
    expect((await master.asked())[0]![0]).toContain('dryRun=true')
  })

  it('sends nothing that has mistakes', async () => {
    using master = await keeping({})
    const { code, err } = await bramble(['apply', '-f', write('nodes: { N: {} }'), '--url', master.url])
    expect([code, err]).toEqual([2, expect.stringContaining('lab.yaml:1:10: nodes.N: ')])
    expect(await master.asked()).toEqual([])
  })
})

describe('bramble config show', () => {
  const stored = { revision: 1, createdAt: '', updatedAt: '' }
  const item = (name: string, isNamed: boolean) => ({
    ...{ section: 'nodes', id: `nodes.${name}`, item: name, key: `nodes.${name}`, spec: {}, isNamed },
    ...stored,
  })
  const shown = {
    applied: { digest: 'sha256:0', at: '2026-01-01T00:00:00.000Z', by: 'file', from: 'lab.yaml' },
    file: 'lab.yaml',
    refused: { at: '2026-01-02T00:00:00.000Z', mistakes: ['lab.yaml:1:1: x'] },
    items: [item('a', true), item('b', true), item('c', false)],
    expected: ['b'],
  }

  it('tells what was made, what is expected, and why the file is refused', async () => {
    using master = await keeping(shown)
    const { out, err } = await bramble(['config', 'show', '--columns', 'item,state', '--url', master.url])
    expect(out).toBe('ITEM     STATE\nnodes.a  named\nnodes.b  expected\nnodes.c  left\n')
    expect(err).toMatch(/applied at 2026-01-01.* by file from lab.yaml[^]*not applied[^]*lab.yaml:1:1: x/)
  })

  it('gives scripts all of it', async () => {
    using master = await keeping(shown)
    const { out } = await bramble(['config', 'show', '-o', 'json', '--url', master.url])
    expect(JSON.parse(out)).toEqual(shown)
  })
})

describe('bramble token create', () => {
  it('makes a token of a user', async () => {
    using master = await keeping({ name: 'laptop', roles: ['viewer'], secret: 'once' })
    const { out } = await bramble(['token', 'create', 'laptop', '--user', 'alice', '--url', master.url])
    expect(out).toBe('once\n')
    expect(await master.asked()).toEqual([['POST /v1/tokens', { name: 'laptop', user: 'alice' }]])
  })

  it.each([[['--user', 'a', '--role', 'viewer']], [[]]])('refuses %j', async (flags) => {
    expect((await bramble(['token', 'create', 'x', ...flags, '--url', nobody])).code).toBe(2)
  })
})
