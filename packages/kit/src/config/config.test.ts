import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { loadConfig } from './load-config.ts'
import { maskSecrets } from './mask-secrets.ts'
import { secret } from './schema-walk.ts'

const schema = z.strictObject({
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65535).default(8080),
      bodyLimitBytes: z.number().optional(),
    })
    .prefault({}),
  auth: z.strictObject({ token: secret(z.string().min(4)).optional() }).prefault({}),
  labels: z.array(z.string()).default([]),
})

let folder: string
const write = (name: string, text: string) => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
const mistakesIn = (load: () => unknown) => {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
  return []
}

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'bramble-config-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('loadConfig', () => {
  it('fills defaults when nothing is given', () => {
    expect(loadConfig(schema, {})).toEqual({ http: { host: '127.0.0.1', port: 8080 }, auth: {}, labels: [] })
  })

  it('lets the environment beat the file, and flags beat the environment', () => {
    const file = write('a.yaml', 'http:\n  host: file\n  port: 1\n  bodyLimitBytes: 10\nlabels: [a]\n')
    const env = { BRAMBLE__HTTP__PORT: '2', BRAMBLE__HTTP__HOST: 'env', BRAMBLE__LABELS: '[x, y]', BRAMBLE_URL: 'no' }
    const config = loadConfig(schema, { file, env, flags: { 'http.port': '3', 'http.host': undefined } })
    expect(config.http).toEqual({ host: 'env', port: 3, bodyLimitBytes: 10 })
    expect(config.labels).toEqual(['x', 'y'])
  })

  it('turns SNAKE_CASE into camelCase and keeps text that looks like a number where text is wanted', () => {
    const env = { BRAMBLE__HTTP__BODY_LIMIT_BYTES: '5', BRAMBLE__AUTH__TOKEN: '123456' }
    const config = loadConfig(schema, { env })
    expect(config.http.bodyLimitBytes).toBe(5)
    expect(config.auth.token).toBe('123456')
  })

  it('names every mistake at once, with key and place', () => {
    const file = write('bad.yaml', 'http:\n  prot: 1\n  port: many\nauth:\n  token: abc\n')
    const mistakes = mistakesIn(() => loadConfig(schema, { file, env: { BRAMBLE__NOPE__X: '1' } }))
    expect(mistakes.map(({ key, where }) => `${key} @ ${where.replace(`${folder}/`, '')}`).sort()).toEqual([
      'auth.token @ bad.yaml:5',
      'http.port @ bad.yaml:3',
      'http.prot @ bad.yaml:2',
      'nope @ environment BRAMBLE__NOPE__X',
    ])
  })

  it('refuses duplicate keys and broken YAML with their lines', () => {
    const file = write('dup.yaml', 'http: {}\nlabels: []\nhttp: {}\n')
    expect(mistakesIn(() => loadConfig(schema, { file }))[0]?.where).toBe(`${file}:3`)
  })

  it('says when the file cannot be read', () => {
    const [mistake] = mistakesIn(() => loadConfig(schema, { file: join(folder, 'absent.yaml') }))
    expect(mistake?.message).toContain('ENOENT')
  })

  it('reads a secret from its file, which beats a lower layer', () => {
    const file = write('a.yaml', 'auth:\n  token: from-yaml\n')
    const tokenFile = write('token', 'from-file\n')
    const config = loadConfig(schema, { file, env: { BRAMBLE__AUTH__TOKEN_FILE: tokenFile } })
    expect(config.auth.token).toBe('from-file')
  })

  it('refuses a secret given twice in one layer, and a secret file that is not there', () => {
    const twice = write('twice.yaml', 'auth:\n  token: long-enough\n  tokenFile: /dev/null\n')
    expect(mistakesIn(() => loadConfig(schema, { file: twice }))[0]).toMatchObject({ where: `${twice}:3` })
    const env = { BRAMBLE__AUTH__TOKEN_FILE: join(folder, 'absent') }
    expect(mistakesIn(() => loadConfig(schema, { env }))[0]).toMatchObject({
      key: 'auth.tokenFile',
      where: 'environment BRAMBLE__AUTH__TOKEN_FILE',
    })
  })

  it('refuses a schema that would swallow unknown keys', () => {
    expect(() => loadConfig(z.strictObject({ a: z.object({}).prefault({}) }), {})).toThrow(
      '"a" must be a z.strictObject',
    )
  })
})

describe('maskSecrets', () => {
  it('masks secrets at any depth and leaves the rest', () => {
    const nested = z.strictObject({ users: z.array(z.strictObject({ name: z.string(), key: secret(z.string()) })) })
    expect(maskSecrets(nested, { users: [{ name: 'a', key: 'b' }] })).toEqual({
      users: [{ name: 'a', key: '********' }],
    })
    expect(maskSecrets(schema, { auth: { token: 'abcdef' }, labels: ['l'] })).toEqual({
      auth: { token: '********' },
      labels: ['l'],
    })
    expect(maskSecrets(schema, { auth: {} })).toEqual({ auth: {} })
    expect(maskSecrets(schema, { extra: 'unknown' })).toEqual({ extra: '********' })
  })
})
