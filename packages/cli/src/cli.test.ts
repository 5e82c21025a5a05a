import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeProblem, type ProblemCode } from '@bramble/contracts'
import { answering, bramble } from './cli.fixture.ts'
import { completeWords } from './commands/completion.ts'
import { buildProgram } from './program.ts'
import { version } from './version.ts'

describe('exit codes', () => {
  it.each<[ProblemCode, number]>([
    ['unauthenticated', 3],
    ['not_found', 4],
    ['port_taken', 5],
    ['invalid_input', 2],
    ['internal', 1],
  ])('%s', async (problem, exitCode) => {
    const body = makeProblem(problem, 'what happened')
    using master = await answering(() => [body.status, body])
    const { code, err } = await bramble(['node', 'list', '--url', master.url])
    expect(code).toBe(exitCode)
    expect(err).toContain('what happened')
    expect(err).toContain(body.hint)
  })
  it('7 when nobody answers', async () => {
    expect((await bramble(['node', 'list', '--url', 'http://127.0.0.1:9'])).code).toBe(7)
  })
  it.each([[['nonsense']], [['launch']], [['node', 'list', '-o', 'xml']], [['launch', 'a.b', '--publish', 'x']]])(
    '2 for %j',
    async (args) => expect((await bramble(args)).code).toBe(2),
  )
})

it('stores a token for its owner alone, once the master knows it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bramble-cli-'))
  const config = join(folder, 'config.yaml')
  using master = await answering(({ headers }) =>
    headers.authorization === 'Bearer secret-token'
      ? [200, { tokenId: 'tk', name: 'me', roles: ['admin'] }]
      : [401, makeProblem('unauthenticated', 'who are you')],
  )
  const login = await bramble(['login', '--url', master.url, '--token-file', '-'], { BRAMBLE_CONFIG: config })
  expect(login).toMatchObject({ code: 0, out: '' })
  expect(statSync(config).mode & 0o777).toBe(0o600)
  expect(await bramble(['query', 'GET', '/v1/whoami'], { BRAMBLE_CONFIG: config })).toMatchObject({ code: 0 })
  rmSync(folder, { recursive: true })
})

it('sends a stored token to its own master alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bramble-cli-'))
  const config = join(folder, 'config.yaml')
  const seen: (string | undefined)[] = []
  const note = ({ headers }: IncomingMessage): [number, unknown] => [200, { is: seen.push(headers.authorization) }]
  using own = await answering(note)
  using other = await answering(note)
  const contexts = { default: { url: own.url, token: 'stored' } }
  writeFileSync(config, JSON.stringify({ current: 'default', contexts }))
  const ask = (env: Record<string, string>, ...flags: string[]) =>
    bramble(['query', 'GET', '/v1/whoami', ...flags], { BRAMBLE_CONFIG: config, ...env })
  await ask({})
  await ask({}, '--url', `${own.url}/`)
  await ask({}, '--url', other.url)
  await ask({ BRAMBLE_URL: other.url })
  await ask({ BRAMBLE_URL: other.url, BRAMBLE_TOKEN: 'given' })
  expect(seen).toEqual(['Bearer stored', 'Bearer stored', undefined, undefined, 'Bearer given'])
  rmSync(folder, { recursive: true })
}, 15_000)

describe('--version', () => {
  it('is the version of the client', async () => {
    expect(await bramble(['--version'])).toMatchObject({ code: 0, out: `${version}\n` })
  })
  it.each([[['service', 'create', 'org.example.a', '--version', '1.0']], [['node', 'list', '-V']]])(
    'is refused in %j',
    async (args) => {
      const { code, out, err } = await bramble(args)
      expect([code, out]).toEqual([2, ''])
      expect(err).toContain('stands alone')
    },
  )
  it('behind -- is of the command in the guest', async () => {
    const { code } = await bramble(['exec', 'a', '--url', 'http://127.0.0.1:9', '--', 'sh', '--version'])
    expect(code).toBe(7)
  })
})

describe('the file of a service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bramble-cli-'))
  const file = join(folder, 'service.yaml')
  beforeAll(() => writeFileSync(file, 'id: org.example.a\nversion: "2"\n'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('may name the service that it is for', async () => {
    const changed = Promise.withResolvers<string>()
    using master = await answering((request) => {
      if (request.method === 'PATCH') request.on('data', (data: Buffer) => changed.resolve(data.toString()))
      return [200, { id: 'org.example.a', revision: 3 }]
    })
    const args = ['service', 'update', 'org.example.a', '-f', file, '-o', 'name', '--url', master.url]
    expect(await bramble(args)).toMatchObject({ code: 0, out: 'org.example.a\n' })
    expect(JSON.parse(await changed.promise)).toEqual({ version: '2' })
  })
  it.each(['create', 'update'])('is not for another one: %s', async (verb) => {
    const { code, err } = await bramble(['service', verb, 'org.example.b', '-f', file, '--url', 'http://127.0.0.1:9'])
    expect(code).toBe(2)
    expect(err).toContain('the file is of org.example.a, not of org.example.b')
  })
})

describe('completion', () => {
  it.each([
    [['ins'], ['instance']],
    [['instance', 'la'], ['launch']],
    [['launch', '--pub'], ['--publish']],
  ])('%j', (words, found) => expect(completeWords(buildProgram(), words)).toEqual(found))
})
