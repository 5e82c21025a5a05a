// Each symptom of docs/howto/troubleshooting.md is made, and doctor has to name it: on a master in this process where one
// can be brought to it, else on an API made of the contracts; what is wrong with a host, on a host made for it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeProblem, toTimestamp } from '@bramble/contracts'
import type { Node, ProblemCode } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import type { FakeAgent, FakeAgentOptions } from '../../../services/cluster-master/src/testing/fake-agent.ts'
import { sampleJoining } from '../../../services/cluster-master/src/testing/sample-joining.ts'
import { addSampleService, startTestMaster } from '../../../services/cluster-master/src/testing/start-test-master.ts'
import type { TestMaster } from '../../../services/cluster-master/src/testing/start-test-master.ts'
import { checks, diagnose } from '../../../packages/cli/src/doctor/diagnose.ts'
import { type Answers, apiWith, aroundMaster, type Wrong } from './surroundings.ts'
import { lookAround, type Surroundings } from '../../../packages/cli/src/doctor/look.ts'

const GiB = 1024 ** 3
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Well {
  master: TestMaster
  agent: FakeAgent
}

/** A cloudlet on which nothing is wrong. */
async function startWell(options: Partial<FakeAgentOptions> = {}, more: object = {}): Promise<Well> {
  const master = await startTestMaster({}, more)
  ends.push(() => master.stop())
  const agent = await master.addNode('pi-01', options)
  await addSampleService(master)
  await eventually(async () => expect((await nodeOf(master)).host).toBeDefined())
  return { master, agent }
}

const nodeOf = async (master: TestMaster) => (await master.request('GET', '/v1/nodes/pi-01')).body as unknown as Node
const around = ({ master }: Pick<Well, 'master'>, wrong?: Wrong) => aroundMaster(master.url, master.secret, wrong)

type Make = () => Promise<Surroundings>

/** On a cloudlet that is well, but for what its one node tells. */
const node =
  (options: Partial<FakeAgentOptions>, wrong?: Wrong): Make =>
  async () =>
    around(await startWell(options), wrong)

const host =
  (wrong: Wrong): Make =>
  async () =>
    around(await startWell(), wrong)

const report =
  (more: Parameters<FakeAgent['report']>[0], isSeen: (node: Node) => boolean): Make =>
  async () => {
    const well = await startWell()
    await well.agent.report(more)
    await eventually(async () => expect(isSeen(await nodeOf(well.master))).toBe(true))
    return around(well)
  }

const api =
  (answers: Answers & { health?: object; metrics?: string }): Make =>
  async () => {
    const { url, stop } = await apiWith(answers)
    ends.push(stop)
    return aroundMaster(url, 'token')
  }

/** An instance fails with this problem. */
const failing =
  (code: ProblemCode): Make =>
  async () => {
    const problem = makeProblem(code, 'as the node tells it')
    const well = await startWell({ fare: () => ({ phase: 'failed', problem }) })
    const { body, status, headers } = await well.master.request('POST', '/v1/instances', {
      body: { service: 'org.example.search' },
    })
    expect(await well.master.ended({ body, status, headers })).toMatchObject({ status: 'failed' })
    return around(well)
  }

const log = (...lines: string[]): Make => host({ files: { '/state/run/embedded.log': `${lines.join('\n')}\n` } })
const containers = (...lines: string[]): Make =>
  host({ programs: { docker: { exitCode: 0, stdout: lines.join('\n'), stderr: '' } } })

const serving = '{"level":"info","msg":"serving"}'
const oldPasst = { 'dpkg-query': { exitCode: 0, stdout: '0.0~git20230309.7c7625d-1', stderr: '' } }
const now = toTimestamp(new Date())
const silent = {
  ...{ id: 'pi-07', cluster: 'shelf', labels: {}, admission: 'approved', liveness: 'lost', lastSeenAt: now },
  ...{ reserved: { memoryBytes: 0, cpus: 0 }, instances: 0, cachedBases: [], cachedOverlays: [] },
  ...{ revision: 1, createdAt: now, updatedAt: now },
}
const alive = { ...silent, liveness: 'ready' }
const task = { name: 'replace-lost', periodMs: 1, runs: 3, failures: 3, running: false, lastError: 'it cannot' }
const down = { ok: false, detail: 'ECONNREFUSED' }
const virtualMachine = { driver: 'libvirt', accelerator: 'tcg' } as const

const symptoms: Record<string, Make> = {
  'config-open': host({ mode: 0o100644 }),
  'master-unreachable': async () => aroundMaster('http://127.0.0.1:9', 'token'),
  'token-refused': async () => {
    const { master } = await startWell()
    return aroundMaster(master.url, `${master.secret.slice(0, -1)}_`)
  },
  'clock-skew': report({ at: toTimestamp(new Date(Date.now() - 600_000)) }, (it) => (it.clockAheadMs ?? 0) < -60_000),
  'store-down': async () => {
    const well = await startWell()
    await well.master.store.close()
    return around(well)
  },
  'lease-missing': api({ health: { lease: down } }),
  'bus-down': async () => {
    const well = await startWell()
    await well.master.bus.close()
    return around(well)
  },
  'task-failing': api({ 'system.tasks': { items: [task] } }),
  'dead-facts': async () => {
    const well = await startWell()
    await well.master.bus.publishFactBytes('node.pi-01.instance.ready', Buffer.from('nonsense'))
    await eventually(async () =>
      expect((await well.master.request('GET', '/v1/system/dead-facts')).body).toMatchObject({ count: 1 }),
    )
    return around(well)
  },
  'internal-error': api({
    metrics: 'bramble_http_request_duration_seconds_count{route="nodes.list",method="GET",status="500"} 2\n',
  }),
  'version-mismatch': node({ host: { agentVersion: '0.0.1' } }),
  'no-node': async () => {
    const master = await startTestMaster()
    ends.push(() => master.stop())
    return around({ master })
  },
  'node-silent': api({ 'nodes.list': { items: [silent] } }),
  'node-troubled': report({ troubles: ['broker unreachable: ECONNREFUSED'] }, (it) => it.troubles !== undefined),
  'node-conflict': api({
    'nodes.list': { items: [{ ...alive, conflict: { revision: { epoch: 1, n: 1 }, detail: 'two documents' } }] },
  }),
  'node-unapproved': api({ 'nodes.list': { items: [{ ...alive, admission: 'seen' }] } }),
  'no-kvm': node({ host: virtualMachine }),
  'disk-low': node({ free: { memoryBytes: GiB, diskBytes: GiB } }),
  'no-base': api({ 'bases.list': { items: [] } }),
  'no-service': api({ 'services.list': { items: [] } }),
  'invitation-expired': async () => {
    const joining = await sampleJoining()
    ends.push(() => joining.remove())
    const well = await startWell({}, { joining })
    const body = { node: 'pi-07', expiresInSeconds: 1 }
    expect(await well.master.request('POST', '/v1/invitations', { body })).toMatchObject({ status: 201 })
    return around(well)
  },
  'no-room': async () => {
    const well = await startWell({ host: { memoryBytes: GiB, diskBytes: 500 * GiB } })
    const body = { id: 'org.example.search', resources: { min: { memoryBytes: GiB, cpus: 1 } } }
    await well.master.request('PATCH', `/v1/services/${body.id}`, { body: { resources: body.resources } })
    const launched = await well.master.request('POST', '/v1/instances', { body: { service: body.id } })
    await well.master.ended(launched)
    return around(well)
  },
  'guest-not-ready': failing('guest_not_ready'),
  'guest-stopped': failing('guest_stopped'),
  'guest-agent-missing': failing('guest_agent_missing'),
  'machine-mismatch': failing('machine_mismatch'),
  'master-lost': failing('lost_master'),
  'storage-full': failing('storage_full'),
  'system-unsupported': host({ files: { '/etc/os-release': 'PRETTY_NAME="Fedora 42"\nID=fedora\nVERSION_ID=42\n' } }),
  'qemu-missing': host({
    programs: { 'qemu-system-x86_64': { exitCode: 0, stdout: 'QEMU emulator version 7.2.0', stderr: '' } },
  }),
  'libvirt-missing': host({ programs: { virsh: undefined } }),
  'passt-missing': host({ programs: { passt: undefined } }),
  'passt-old': host({ programs: oldPasst }),
  'no-default-route': host({ programs: { ...oldPasst, ip: { exitCode: 0, stdout: '', stderr: '' } } }),
  'kvm-unusable': node({ host: virtualMachine }, { access: { '/dev/kvm': 'granted' } }),
  'apparmor-denies': host({
    access: { '/sys/kernel/security/apparmor': 'granted', '/state/agent/slots': 'granted' },
    files: { '/etc/apparmor.d/local/abstractions/libvirt-qemu': '/elsewhere/agent/** rwk,\n' },
  }),
  'state-in-use': log(
    serving,
    'bramble: cannot open the store /state/s: another process has it open; stop that one first',
  ),
  'ledger-damaged': log(serving, '{"msg":"cannot start: cannot read instances/in-1.json of the ledger; restore it"}'),
  'store-newer': log('cluster-master: the store was written by a newer Bramble (schema 3; this one knows up to 2)'),
  'store-replaced': log(`{"time":"${now}","msg":"the master sends documents of epoch 1, this node obeys epoch 4"}`),
  'lease-lost': log(serving, '{"level":"fatal","msg":"the lease is lost: the process ends"}'),
  'children-unreaped': log(`{"time":"${now}","msg":"hypervisor: Failed to terminate process 12"}`, serving),
  'preflight-failed': containers('bramble-preflight-1\texited\tExited (1) 2 minutes ago'),
  'container-unhealthy': containers('bramble-mongo-1\trunning\tUp 3 minutes (unhealthy)'),
}

/** Found along with others, or on an API that has no more than the symptom. */
const sharesItsCause = new Set([
  ...['no-node', 'no-kvm', 'kvm-unusable', 'no-default-route', 'invitation-expired', 'store-down', 'bus-down'],
  ...[
    'lease-missing',
    'task-failing',
    'internal-error',
    'node-silent',
    'node-unapproved',
    'node-conflict',
    'no-base',
    'no-service',
  ],
])

const found = async (surroundings: Surroundings) =>
  (await diagnose(lookAround(surroundings))).filter(({ result }) => result === 'warning' || result === 'failed')

describe('doctor', () => {
  it('finds nothing on a cloudlet that is well', async () => {
    const all = await diagnose(lookAround(around(await startWell())))
    expect(all.filter(({ result }) => result !== 'ok')).toEqual([])
    expect(all).toHaveLength(checks.length)
  })

  it.each(Object.entries(symptoms))('finds %s', async (id, make) => {
    const surroundings = await make()
    const wait = id === 'invitation-expired' ? 5000 : 0
    await eventually(async () => {
      const finding = (await found(surroundings)).find((it) => it.id === id)
      expect(finding).toMatchObject({ id, detail: expect.stringMatching(/\w{2}/), advice: expect.stringMatching(/\w/) })
    }, wait)
  })

  // A symptom that comes with every other one says nothing: only what is made may be found.
  it.each(Object.keys(symptoms).filter((id) => !sharesItsCause.has(id)))('finds nothing else with %s', async (id) => {
    const others = (await found(await symptoms[id]!())).filter((it) => it.id !== id).map((it) => it.id)
    expect(others).toEqual([])
  })

  it('says that it could not look where there is nobody to ask', async () => {
    const findings = await diagnose(lookAround(await symptoms['master-unreachable']!()))
    expect(findings.find(({ id }) => id === 'node-silent')).toMatchObject({ result: 'unknown' })
    expect(findings.find(({ id }) => id === 'config-open')).toMatchObject({ result: 'ok' })
  })
})

describe('docs/howto/troubleshooting.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/howto/troubleshooting.md'), 'utf8')
  const headings = [...page.matchAll(/^### `([a-z-]+)`/gm)].map(([, id]) => id!)
  const ids = checks.map(({ id }) => id)

  it('has a paragraph for every check, and nothing that doctor does not find', () => {
    expect(headings.toSorted()).toEqual(ids.toSorted())
  })

  it('has every symptom made by a test', () => {
    expect(Object.keys(symptoms).toSorted()).toEqual(ids.toSorted())
    expect(new Set(ids).size).toBe(ids.length)
  })
})

it('knows its clock from that of the master', async () => {
  const well = await startWell()
  const late = around(well, { now: () => new Date(Date.now() + 3_600_000) })
  expect(await found(late)).toMatchObject([
    { id: 'clock-skew', detail: expect.stringMatching(/^the master is 3\d{3} s behind/) },
  ])
})
