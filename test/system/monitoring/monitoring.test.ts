// The monitoring profile against what it watches: every series that a board or a rule asks for is served by a master, and
// Prometheus' own tool takes rules, queries and settings. Grafana is in no package: its boards are read as JSON alone.
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { makeTempFolder, runProgram } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'
import { stringify } from 'yaml'
import { checks } from '../../../packages/cli/src/doctor/diagnose.ts'
import { addSampleService, startTestMaster } from '../../../services/cluster-master/src/testing/start-test-master.ts'
import type { TestMaster } from '../../../services/cluster-master/src/testing/start-test-master.ts'
import {
  groupedBy,
  monitoringFolder,
  plainExpression,
  readAlertRules,
  readQueries,
} from '../../shared/read-monitoring.ts'
import { selectorsOf } from '../../shared/read-monitoring.ts'

const promtool = join(process.env['BRAMBLE_CACHE'] ?? '/var/cache/bramble', 'promtool')
const scrapeToken = 'scrape-token-of-this-test'

let folder: TempFolder
let master: TestMaster
/** Labels by the name of the series. */
let served: Map<string, Set<string>>
beforeAll(async () => {
  folder = await makeTempFolder()
  master = await startTestMaster({ dataDir: folder.path, metrics: { token: scrapeToken } })
  await master.addNode('pi-01')
  await addSampleService(master)
  await eventually(async () =>
    expect((await master.request('GET', '/v1/nodes/pi-01')).body).toMatchObject({ host: {} }),
  )
  await master.ended(await master.request('POST', '/v1/instances', { body: { service: 'org.example.search' } }))
  served = await scrape()
})
afterAll(async () => {
  await master?.stop()
  await folder?.remove()
})

/** As Prometheus does it. */
async function scrape(): Promise<Map<string, Set<string>>> {
  const { status, body } = await master.request('GET', '/metrics', { secret: scrapeToken })
  expect(status).toBe(200)
  const found = new Map<string, Set<string>>()
  for (const [, name, labels = ''] of String(body['text']).matchAll(/^([a-z_]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const known = found.get(name!) ?? new Set()
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!)
    found.set(name!, known)
  }
  // What Prometheus adds itself.
  for (const labels of found.values()) labels.add('job').add('instance')
  return found.set('up', new Set(['job', 'instance']))
}

describe('what boards and rules ask for', () => {
  const queries = readQueries()

  it.each(queries.map((query) => [query.where, query] as const))('%s', (_where, query) => {
    const selectors = selectorsOf(query)
    expect(selectors.length).toBeGreaterThan(0)
    expect(selectors.map(({ metric }) => metric).filter((metric) => !served.has(metric))).toEqual([])
    for (const { metric, labels } of selectors)
      expect(labels.filter((label) => !served.get(metric)!.has(label))).toEqual([])
    const all = new Set(selectors.flatMap(({ metric }) => [...served.get(metric)!]))
    expect(groupedBy(query).filter((label) => !all.has(label))).toEqual([])
  })

  it('would be missed if it were not served', () => {
    const query = { where: '', expression: 'sum by (phase) (rate(bramble_nonsense{kind="a"}[5m])) / bramble_nodes' }
    expect(selectorsOf(query)).toEqual([
      { metric: 'bramble_nonsense', labels: ['kind'] },
      { metric: 'bramble_nodes', labels: [] },
    ])
    expect(groupedBy(query)).toEqual(['phase'])
    expect(served.has('bramble_nonsense')).toBe(false)
  })
})

it('points every alert to its symptom', () => {
  const ids = checks.map(({ id }) => id)
  expect(readAlertRules().filter(({ labels }) => !ids.includes(labels.symptom))).toEqual([])
})

it('counts launches and times their stages', async () => {
  const text = String((await master.request('GET', '/metrics')).body['text'])
  for (const series of [
    'bramble_operations_ended_total{kind="instance.launch",status="succeeded"',
    'bramble_launch_duration_seconds_count{service="cluster-master",kind="instance.launch"',
    'bramble_launch_stage_duration_seconds_count{service="cluster-master",stage="ready"',
  ])
    expect(text.split('\n').find((line) => line.startsWith(series))).toMatch(/ 1$/)
})

describe("Prometheus' own tool", () => {
  const run = (...args: string[]) => runProgram([promtool, ...args])
  const well = { exitCode: 0 }

  it('sees every alert fire when it should, and none on a cloudlet that is well', async () => {
    expect(await run('test', 'rules', join(monitoringFolder, 'prometheus/rules.test.yml'))).toMatchObject(well)
    const tests = await readFile(join(monitoringFolder, 'prometheus/rules.test.yml'), 'utf8')
    const firing = tests.slice(tests.indexOf('all that can be wrong'))
    for (const { alert } of readAlertRules()) expect(firing).toContain(`alertname: ${alert}\n`)
  })

  it('takes the settings', async () => {
    const own = join(folder.path, 'prometheus')
    await cp(join(monitoringFolder, 'prometheus'), own, { recursive: true })
    const settings = await readFile(join(own, 'prometheus.yml'), 'utf8')
    const secrets = {
      'scrape-token': scrapeToken,
      'ca.crt': '',
      'master.json': '[{ "targets": ["cluster-master:8080"] }]',
    }
    for (const [name, text] of Object.entries(secrets)) await writeFile(join(own, name), text)
    await writeFile(join(own, 'prometheus.yml'), settings.replaceAll('/run/secrets/monitoring', own))
    expect(await run('check', 'config', join(own, 'prometheus.yml'))).toMatchObject(well)
  })

  it('takes every query of the boards', async () => {
    const rules = readQueries().map((query, at) => ({ record: `query:${at}`, expr: plainExpression(query) }))
    const path = join(folder.path, 'queries.yml')
    await writeFile(path, stringify({ groups: [{ name: 'queries', rules }] }))
    expect(await run('check', 'rules', path)).toMatchObject(well)
    await writeFile(path, stringify({ groups: [{ name: 'queries', rules: [{ record: 'a', expr: 'sum by (' }] }] }))
    expect(await run('check', 'rules', path)).toMatchObject({ exitCode: 1 })
  })

  it('reads what the master serves', async () => {
    const { body } = await master.request('GET', '/metrics')
    const { exitCode, stderr } = await runProgram([promtool, 'check', 'metrics'], { stdin: String(body['text']) })
    // Its style guide wants `_total` at the end of counters alone, which prom-client's own figures do not keep.
    expect([exitCode, stderr.split('\n').filter((line) => line.includes('bramble_'))]).toEqual([expect.any(Number), []])
  })
})

describe('the metrics', () => {
  it.each([
    ['nobody', null, 401],
    ['a wrong token', 'scrape-token-of-another', 401],
    ['the scraper', scrapeToken, 200],
  ])('as %s', async (_who, secret, status) => {
    expect((await master.request('GET', '/metrics', { secret })).status).toBe(status)
  })

  it('as a node, and as a viewer; the token of the scraper is good for nothing else', async () => {
    for (const [role, status] of [
      ['node', 403],
      ['viewer', 200],
    ]) {
      const { body } = await master.request('POST', '/v1/tokens', { body: { name: `m-${role}`, roles: [role] } })
      expect((await master.request('GET', '/metrics', { secret: String(body['secret']) })).status).toBe(status)
    }
    expect((await master.request('GET', '/v1/nodes', { secret: scrapeToken })).status).toBe(401)
  })
})
