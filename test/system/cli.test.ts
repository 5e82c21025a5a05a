// The whole product as a person uses it: scripts/bramble against an embedded cloudlet with simulated nodes. Each noun is
// made, listed, shown, changed and deleted; each way to fail ends with its own exit code.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTempFolder, runBramble, startCloudlet } from '@bramble/testkit'
import type { Cloudlet, ProgramOptions, TempFolder } from '@bramble/testkit'
import { parse } from 'yaml'

let cloudlet: Cloudlet
let folder: TempFolder
const configPath = () => join(folder.path, 'config/config.yaml')

beforeAll(async () => {
  folder = await makeTempFolder()
  await mkdir(join(folder.path, 'config'))
  cloudlet = await startCloudlet({ driver: 'simulated', env: { BRAMBLE__SIMULATED__NODES: '2' } })
  await writeFile(join(folder.path, 'token'), cloudlet.token)
  await writeFile(join(folder.path, 'disk.qcow2'), 'simulated nodes look into no disk')
}, 60_000)
afterAll(async () => {
  await cloudlet?.stop()
  await folder?.remove()
})

/** As a user whose configuration is in the test's folder. */
const bramble = (line: string, options: ProgramOptions = {}) =>
  runBramble(line.split(' '), { ...options, env: { BRAMBLE_CONFIG: configPath(), HOME: folder.path, ...options.env } })

/** Of a command that must succeed. */
async function outputOf(line: string, options?: ProgramOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await bramble(line, options)
  if (exitCode !== 0) throw new Error(`bramble ${line}: exit ${exitCode}\n${stderr}`)
  return stdout.trimEnd()
}

const names = async (noun: string) => (await outputOf(`${noun} list -o name`)).split('\n').filter(Boolean)

describe('login', () => {
  it('keeps the token for its user alone, and is who it says', async () => {
    const { stderr } = await bramble(`login --url ${cloudlet.url} --token-file ${join(folder.path, 'token')}`)
    expect(stderr).toContain('admin')
    expect((await stat(configPath())).mode & 0o777).toBe(0o600)
    expect(parse(await readFile(configPath(), 'utf8'))).toMatchObject({
      current: 'default',
      contexts: { default: { url: cloudlet.url, token: cloudlet.token } },
    })
    expect(JSON.parse(await outputOf('query GET /v1/whoami'))).toMatchObject({ roles: ['admin'] })
  }, 30_000)
})

describe('the life of each noun', () => {
  it('node', async () => {
    expect(await names('node')).toEqual(['local', 'sim-001', 'sim-002'])
    expect(await outputOf('node show sim-001 -o json')).toContain('"liveness": "ready"')
  }, 30_000)

  it('base', async () => {
    const disk = join(folder.path, 'disk.qcow2')
    await outputOf(`base create first --disk ${disk} --memory 128M --probe http:80/ --description tried`)
    await outputOf(`base create second --disk ${disk} --probe banner:22=SSH-`)
    expect(await names('base')).toEqual(['first', 'second'])
    expect(JSON.parse(await outputOf('base show first -o json'))).toMatchObject({
      name: 'first',
      description: 'tried',
      status: 'available',
      machine: { memoryBytes: 128 * 2 ** 20 },
    })
    await outputOf('base delete second')
    expect(await names('base')).toEqual(['first'])
  }, 30_000)

  it('instance of a base, and overlay of it', async () => {
    await outputOf('launch --base first --name edit --publish 80')
    expect(await outputOf('instance list --no-header --columns name,phase')).toMatch(/^edit +running$/)
    await outputOf('overlay create app --instance edit')
    expect(await outputOf('overlay show app -o csv --no-header --columns name,status')).toBe('app,available')
    await outputOf('instance delete edit')
    expect(await names('instance')).toEqual([])
  }, 30_000)

  it('service: every field is set, shown and changed', async () => {
    const flags = [
      '--service-version 2.1 --description searching --tag search --tag demo --port http=80/tcp --port echo=7/udp',
      '--min-memory 128M --min-cpus 1 --ideal-memory 256M --ideal-cpus 2 --max-clients 9 --probe http:80/ --overlay app',
    ].join(' ')
    await outputOf(`service create org.example.search ${flags}`)
    const shown = async () => JSON.parse(await outputOf('service show org.example.search -o json'))
    expect(await shown()).toMatchObject({
      version: '2.1',
      description: 'searching',
      tags: ['search', 'demo'],
      ports: [
        { name: 'http', port: 80, protocol: 'tcp' },
        { name: 'echo', port: 7, protocol: 'udp' },
      ],
      resources: {
        min: { memoryBytes: 128 * 2 ** 20, cpus: 1 },
        ideal: { memoryBytes: 256 * 2 ** 20, cpus: 2 },
      },
      maxClients: 9,
      probe: { kind: 'http', port: 80, path: '/' },
      variants: [{ kind: 'vm', arch: 'x86_64' }],
    })
    await outputOf('service update org.example.search --ideal-memory 512M --max-clients 0')
    expect(await shown()).toMatchObject({
      version: '2.1',
      resources: { min: { memoryBytes: 128 * 2 ** 20 }, ideal: { memoryBytes: 512 * 2 ** 20, cpus: 2 } },
      maxClients: 0,
    })
  }, 30_000)

  it('instance of a service, its operation and its events', async () => {
    const id = (await outputOf('launch org.example.search --name one --no-wait')).trim()
    expect(await outputOf(`operation wait ${id} -o csv --no-header --columns kind,status`)).toBe(
      'instance.launch,succeeded',
    )
    const instance = JSON.parse(await outputOf('instance show one -o json'))
    expect(instance.status).toMatchObject({ phase: 'running', forwards: [{ guestPort: 80 }, { guestPort: 7 }] })
    const lines = (await outputOf(`events --resource ${instance.id} -o csv --no-header --columns type`)).split('\n')
    expect(lines[0]).toMatch(/^instance\./)
    expect(lines.at(-1)).toBe('instance.running')
  }, 30_000)

  it('token', async () => {
    const secret = await outputOf('token create watcher --role viewer --expires 1h')
    expect(await names('token')).toContain('watcher')
    const as = { env: { BRAMBLE_TOKEN: secret } }
    expect(JSON.parse(await outputOf('query GET /v1/whoami', as))).toMatchObject({ roles: ['viewer'] })
    expect((await bramble('launch org.example.search', as)).exitCode).toBe(3)
    await outputOf('token delete watcher')
    expect((await bramble('instance list', as)).exitCode).toBe(3)
  }, 30_000)

  it('system', async () => {
    expect(await outputOf('version')).toMatch(/server 0\.\d+\.\d+ \(embedded/)
    expect(await outputOf('system health -o csv --no-header --columns name,ok')).toMatch(/store,yes/)
    expect((await outputOf('system tasks -o name')).split('\n')).toContain('carry-out-operations')
    expect(await outputOf('system services -o csv --no-header --columns name,product,state')).toMatch(
      /^cluster-master,Bramble,ready\nstore,SQLite,ready\nbus,in process,ready\nnode-agent\/local,Bramble,ready$/m,
    )
    const deadFacts = await bramble('system dead-facts --forget')
    expect(deadFacts).toMatchObject({ exitCode: 0, stderr: '0 dead facts forgotten\n' })
    const findings = await outputOf('doctor --all -o csv --no-header --columns symptom,result')
    expect(findings).toMatch(/^master-unreachable,ok$/m)
    expect(findings).toMatch(/^node-silent,ok$/m)
    expect(findings).toMatch(/^no-base,ok$/m)
    const away = await bramble('doctor -o json --url http://127.0.0.1:9')
    expect(away.exitCode).toBe(1)
    expect(JSON.parse(away.stdout)).toContainEqual(
      expect.objectContaining({ id: 'master-unreachable', result: 'failed' }),
    )
  }, 60_000)
})

describe('output', () => {
  it('is a table, JSON, YAML, CSV or names, with the columns asked for', async () => {
    expect(await outputOf('service list --columns id,tags')).toBe(
      'ID                  TAGS\norg.example.search  search demo',
    )
    expect(JSON.parse(await outputOf('service list -o json'))[0].id).toBe('org.example.search')
    expect(parse(await outputOf('service list -o yaml'))[0].id).toBe('org.example.search')
    expect(await outputOf('service list -o csv --columns id,ports')).toBe(
      'id,ports\norg.example.search,http=80/tcp echo=7/udp',
    )
    expect(await outputOf('service list -o name')).toBe('org.example.search')
  }, 30_000)

  it('keeps progress off stdout', async () => {
    const { stdout, stderr } = await bramble('launch org.example.search --name told -o name')
    expect(stdout.trim()).toBe('told')
    expect(stderr).toMatch(/instance\.launch/)
    await outputOf('instance delete told --quiet')
  }, 30_000)

  it('follows events until it is ended', async () => {
    let seen = ''
    const following = bramble('events --follow --types operation.succeeded', {
      onStdout: (text, end) => ((seen += text).includes('operation.succeeded') ? end() : undefined),
    })
    for (let n = 0; !seen; n += 1) {
      await outputOf(`launch org.example.search --name followed-${n} --quiet`)
      await outputOf(`instance delete followed-${n} --quiet`)
    }
    await following
    expect(seen).toMatch(/operation\.succeeded/)
  }, 30_000)
})

describe('a failure ends with its exit code and says what to do', () => {
  interface Failure {
    exitCode: number
    line: string
    says: RegExp
    env?: Record<string, string>
  }
  const failures: Failure[] = [
    { exitCode: 2, line: 'launch', says: /name a service/ },
    { exitCode: 2, line: 'instance list --filter nonsense', says: /error: / },
    { exitCode: 2, line: 'base create x --disk /nowhere', says: /--probe is needed/ },
    { exitCode: 2, line: 'service create NotAnId --overlay app', says: /reverse-DNS/ },
    { exitCode: 3, line: 'instance list', says: /unauthenticated/, env: { BRAMBLE_TOKEN: 'wrong' } },
    { exitCode: 4, line: 'instance show nobody', says: /not_found/ },
    { exitCode: 4, line: 'launch org.example.unknown', says: /not_found/ },
    { exitCode: 5, line: 'launch org.example.search --name one', says: /name_taken/ },
    { exitCode: 5, line: 'overlay delete app', says: /service org\.example\.search/ },
    { exitCode: 6, line: 'launch org.example.search --name slow --timeout 1ms', says: /it goes on/ },
    { exitCode: 7, line: 'instance list', says: /is the cloudlet running/, env: { BRAMBLE_URL: 'http://127.0.0.1:9' } },
    { exitCode: 8, line: 'instance delete one nobody', says: /nobody: error/ },
  ]
  it.each(failures)(
    '$exitCode: bramble $line',
    async ({ exitCode, line, says, env }) => {
      const result = await bramble(line, { env })
      expect(result.stderr).toMatch(says)
      expect(result.exitCode).toBe(exitCode)
    },
    15_000,
  )
})
