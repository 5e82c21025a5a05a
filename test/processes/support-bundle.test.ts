// What people attach to a bug report must not give their cloudlet away: secrets are planted in all that a bundle is made
// from, in a suite on the real broker and database, and what is unpacked is searched for them.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectRabbitMq, eventually, silentLogger } from '@bramble/kit'
import { makeTempFolder, runBramble, runProgram, startMongo, startRabbitMq, startService } from '@bramble/testkit'
import type { MongoServer, RabbitMqServer, ServiceProcess, TempFolder } from '@bramble/testkit'
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'

const main = join(import.meta.dirname, '../../services/cluster-master/src/main.ts')

let mongo: MongoServer
let broker: RabbitMqServer
let folder: TempFolder
let master: ServiceProcess
let client: Client
/** By what they are. */
let secrets: Record<string, string>
let unpacked: Map<string, string>

const inFolder = (name: string) => join(folder.path, name)
const write = async (name: string, text: string) => {
  await writeFile(inFolder(name), text, { mode: 0o600 })
  return inFolder(name)
}

beforeAll(async () => {
  ;[mongo, broker, folder] = await Promise.all([startMongo(), startRabbitMq(), makeTempFolder()])
  await startMaster()
  secrets = await plant()
  unpacked = await unpack(await makeBundle())
}, 180_000)
afterAll(async () => {
  master?.kill('SIGKILL')
  await Promise.all([master?.ended, mongo?.stop(), broker?.stop()])
  await folder?.remove()
})

/** As compose.yaml starts it: secrets come in files. */
async function startMaster() {
  const env = {
    BRAMBLE__STORE__URI_FILE: await write('uri', `${mongo.uri}bundle?authSource=admin`),
    BRAMBLE__BUS__URL_FILE: await write('url', broker.url),
    BRAMBLE__BUS__MANAGEMENT__URL: broker.managementUrl,
    BRAMBLE__LOG__LEVEL: 'debug',
  }
  master = startService({ main, args: ['--data', inFolder('master'), '--port', '0'], env })
  const [{ url }] = await Promise.all([master.said('listening'), master.said('serving')])
  const token = (await readFile(inFolder('master/first-admin-token'), 'utf8')).trim()
  client = createClient({ url: url!, token })
}

async function plant(): Promise<Record<string, string>> {
  const { token: join } = await client.invitations.create({ body: { cluster: 'shelf' } })
  const { secret: viewer } = await client.tokens.create({ body: { name: 'viewer', roles: ['viewer'] } })
  const caKey = await readFile(inFolder('master/identity/ca.key'), 'utf8')
  const planted = {
    'first admin token': client.token!,
    'join token': join,
    'token of another': viewer,
    'database password': mongo.password,
    'broker password': broker.password,
    'CA key': caKey.split('\n')[1]!,
    'secret of an environment': 'hunter2-of-environment',
    'secret of a log line': 'hunter2-of-log',
    'secret of a fact': 'hunter2-of-fact',
  }
  const lines = [
    JSON.stringify({ msg: 'planted-tokens', a: `Bearer ${client.token}`, b: `joined with ${join}`, c: viewer }),
    JSON.stringify({ msg: 'planted-urls', uri: mongo.uri, detail: `cannot reach ${broker.url}/` }),
    JSON.stringify({ msg: 'planted-key', key: caKey }),
    `planted-key as it is\n${caKey}`,
    JSON.stringify({ msg: 'planted-line', request: JSON.stringify({ password: planted['secret of a log line'] }) }),
    `planted-environment\nMONGO_INITDB_ROOT_PASSWORD=${mongo.password}\nRABBITMQ_DEFAULT_PASS=${broker.password}`,
  ]
  await mkdir(inFolder('run'))
  await write('run/embedded.log', `${master.logs()}\n${lines.join('\n')}\n`)
  await tellDeadFact({ marker: 'planted-fact', password: planted['secret of a fact'], join })
  return planted
}

/** What a node tells may hold anything. */
async function tellDeadFact(fact: Record<string, string>) {
  const bus = connectRabbitMq({ url: broker.url, logger: silentLogger() })
  await eventually(() => bus.publishFact('node.pi-01.instance.ready', { type: 'nonsense', ...fact }))
  await bus.close()
  await eventually(async () => expect((await client.system.deadFacts()).count).toBe(1), 10_000)
}

async function makeBundle() {
  const path = inFolder('bundle.tar.gz')
  const env = {
    BRAMBLE_URL: client.url,
    BRAMBLE_TOKEN: client.token!,
    BRAMBLE_CONFIG: inFolder('none'),
    BRAMBLE__BUS__MANAGEMENT__PASSWORD: secrets['secret of an environment']!,
    BRAMBLE__STORE__URI: mongo.uri,
  }
  const { exitCode, stdout, stderr } = await runBramble(
    ['support-bundle', '-o', path, '--state', folder.path, '--project', 'bramble-nobody'],
    { env },
  )
  expect([exitCode, stdout, stderr]).toEqual([0, `${path}\n`, expect.stringContaining('without secrets')])
  return path
}

async function unpack(path: string) {
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await runProgram(['tar', '-xzf', path, '-C', folder.path])).toMatchObject({ exitCode: 0 })
  const top = inFolder('bramble-support')
  const names = (await readdir(top, { recursive: true, withFileTypes: true })).filter((it) => it.isFile())
  const read = names.map(async (it) => {
    const file = join(it.parentPath, it.name)
    return [file.slice(top.length + 1), await readFile(file, 'utf8')] as const
  })
  return new Map(await Promise.all(read))
}

it('holds what a bug report needs', () => {
  expect([...unpacked.keys()].sort()).toEqual(
    [
      ...['client', 'dead-facts', 'doctor', 'events', 'health', 'nodes', 'operations', 'services', 'settings'],
      ...['tasks', 'version'],
    ]
      .map((name) => `${name}.json`)
      .concat('environment.txt', 'logs/embedded.log', 'metrics.txt')
      .sort(),
  )
  const json = (name: string) => JSON.parse(unpacked.get(name)!) as unknown
  expect(json('health.json')).toMatchObject({ status: 'ok' })
  expect(json('services.json')).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ name: 'store', product: 'FerretDB', version: expect.stringMatching(/^\d/) }),
      expect.objectContaining({ name: 'bus', product: 'RabbitMQ', version: expect.stringMatching(/^\d/) }),
    ]),
  })
  expect(json('settings.json')).toMatchObject({
    settings: {
      log: { level: 'debug' },
      store: { kind: 'mongodb', uri: '********' },
      bus: { url: '********', management: { url: broker.managementUrl } },
    },
  })
  expect(json('events.json')).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ sequence: 1 })]),
  })
  expect(unpacked.get('metrics.txt')).toContain('bramble_events_recorded')
})

it('holds the places where secrets were planted', () => {
  const log = unpacked.get('logs/embedded.log')
  for (const place of ['tokens', 'urls', 'key', 'line', 'environment']) expect(log).toContain(`planted-${place}`)
  expect(unpacked.get('dead-facts.json')).toContain('planted-fact')
  expect(unpacked.get('environment.txt')).toContain('BRAMBLE__BUS__MANAGEMENT__PASSWORD="********"')
})

it('holds no secret', () => {
  const found = Object.entries(secrets).flatMap(([what, secret]) =>
    [...unpacked].filter(([, text]) => text.includes(secret)).map(([name]) => `${what} in ${name}`),
  )
  expect(found).toEqual([])
})

it('is not the only place without: the log of the master and its environment have none', async () => {
  const places = { log: master.logs(), environment: await readFile(`/proc/${master.pid}/environ`, 'utf8') }
  const found = Object.entries(secrets).flatMap(([what, secret]) =>
    Object.entries(places)
      .filter(([, text]) => text.includes(secret))
      .map(([name]) => `${what} in ${name}`),
  )
  expect(found).toEqual([])
  expect(places.log).toContain('serving')
  expect(places.environment).toContain('BRAMBLE__STORE__URI_FILE')
})
