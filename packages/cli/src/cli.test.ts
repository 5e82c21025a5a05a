import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeProblem, type ProblemCode } from '@bramble/contracts'
import { completeWords } from './commands/completion.ts'
import { buildProgram } from './program.ts'

const main = join(import.meta.dirname, 'main.ts')

/** A master that answers every call with the same. */
const answering = async (answer: (request: IncomingMessage) => [number, unknown]) => {
  const server = createServer((request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.dispose]: () => server.close() }
}

const bramble = (
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, BRAMBLE_CONFIG: '/nonexistent', ...env },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data))
    child.stderr.on('data', (data: Buffer) => (err += data))
    child.on('close', (code) => resolve({ code, out, err }))
    child.stdin.end('secret-token\n')
  })

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

describe('completion', () => {
  it.each([
    [['ins'], ['instance']],
    [['instance', 'la'], ['launch']],
    [['launch', '--pub'], ['--publish']],
  ])('%j', (words, found) => expect(completeWords(buildProgram(), words)).toEqual(found))
})
