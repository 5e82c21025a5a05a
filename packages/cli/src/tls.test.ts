import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { answering, bramble } from './cli.fixture.ts'
import { startTlsMaster } from './tls.fixture.ts'

let folder: string
let config: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bramble-cli-tls-'))
  config = join(folder, 'config.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (args: string[], env: Record<string, string> = {}) => bramble(args, { BRAMBLE_CONFIG: config, ...env })
const login = (url: string, ...flags: string[]) => run(['login', '--url', url, ...flags])
const whoami = (...flags: string[]) => run(['query', 'GET', '/v1/whoami', ...flags])

describe('a login over TLS', () => {
  it('trusts nobody by itself: it says who answers, how to find out whether that is right, and keeps the token', async () => {
    using master = await startTlsMaster(folder)
    const { code, err } = await login(master.url)
    expect(code).toBe(3)
    const digits = master.fingerprint.replaceAll(':', '').toLowerCase()
    expect(err).toContain(`the fingerprint of its authority is ${digits} [certificate_untrusted]`)
    expect(err).toContain(`bramble login --url ${master.url} --ca-fingerprint ${digits}`)
    expect(master.tokens).toEqual([])
  })

  it('trusts the authority whose fingerprint it is given, and keeps it for later commands', async () => {
    using master = await startTlsMaster(folder)
    expect(await login(master.url, '--ca-fingerprint', master.fingerprint)).toMatchObject({ code: 0 })
    const { contexts } = parse(readFileSync(config, 'utf8')) as { contexts: Record<string, { ca: string }> }
    expect(contexts['default']!.ca.trim()).toBe(readFileSync(master.caFile, 'utf8').trim())
    expect(await whoami()).toMatchObject({ code: 0 })
    expect(master.tokens).toEqual(['Bearer secret-token', 'Bearer secret-token'])
  })

  it('sends nothing to who has another authority', async () => {
    using master = await startTlsMaster(folder)
    using other = await startTlsMaster(folder)
    const wrong = await login(other.url, '--ca-fingerprint', master.fingerprint)
    expect(wrong).toMatchObject({ code: 3, err: expect.stringContaining('[certificate_untrusted]') })
    const byFile = await login(other.url, '--ca-file', master.caFile)
    expect(byFile).toMatchObject({ code: 3, err: expect.stringContaining('another authority than the one given') })
    expect(other.tokens).toEqual([])
  })

  it('takes the certificate of the authority from a file, by flag or environment', async () => {
    using master = await startTlsMaster(folder, { showsAuthority: false })
    expect(await login(master.url)).toMatchObject({ code: 3, err: expect.stringContaining('--ca-file FILE') })
    expect(await login(master.url, '--ca-file', master.caFile)).toMatchObject({ code: 0 })
    const env = { BRAMBLE_CA_FILE: master.caFile, BRAMBLE_CONFIG: '/nonexistent' }
    expect(await run(['query', 'GET', '/v1/whoami', '--url', master.url], env)).toMatchObject({ code: 0 })
  })

  it('takes a master of the authority under any address', async () => {
    using master = await startTlsMaster(folder, { names: 'DNS:master.bramble.internal' })
    expect(await login(master.url, '--ca-fingerprint', master.fingerprint)).toMatchObject({ code: 0 })
  })

  it.each([
    ['certificate_expired', { days: -1 }],
    ['certificate_of_another', { names: 'DNS:pi-07.node.bramble.internal' }],
  ])('is refused with %s', async (code, options) => {
    using master = await startTlsMaster(folder, options)
    const refused = await login(master.url, '--ca-fingerprint', master.fingerprint)
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining(`[${code}]`) })
    expect(master.tokens).toEqual([])
  })

  it.each([
    ['--ca-fingerprint', 'AB:CD'],
    ['--ca-file', '/nonexistent'],
  ])('takes no %s %s', async (...flags) => {
    using master = await startTlsMaster(folder)
    expect(await login(master.url, ...flags)).toMatchObject({ code: 2 })
  })

  it('is told when there is no TLS where it was asked for', async () => {
    using plain = await answering(() => [200, {}])
    const asked = await run(['query', 'GET', '/v1/whoami', '--url', plain.url.replace('http', 'https')])
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('[not_encrypted]') })
  })
})
