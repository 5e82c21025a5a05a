// The suite as admins run it: compose.yaml with this host as a worker, a second worker that joins by the command that
// `bramble node invite` prints, and the main job on both.
import type { Client } from '@bramble/client'
import type { Instance, NodeId } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'
import { askStatus } from '../shared/guest.ts'
import { makeArtifacts, service } from '../shared/make-artifacts.ts'
import type { Saved } from '../shared/make-artifacts.ts'
import { launch, refusal, remove, show } from '../shared/operations.ts'
import { agentPorts, createProject, docker, freePorts, leftOf } from '../shared/compose-project.ts'
import type { Project } from '../shared/compose-project.ts'
import { addSimulatedFleet, firstAdminOf } from '../shared/suite-client.ts'

const [first, second] = ['worker-a', 'worker-b'] as NodeId[] as [NodeId, NodeId]
const largestMasterBytes = 250e6

let suite: Project
let other: Project
let client: Client

beforeAll(async () => {
  const [api, broker, fleet, ...agents] = (await freePorts(7)) as [string, string, string, ...string[]]
  suite = createProject({
    label: 'suite',
    files: ['compose.yaml'],
    settings: {
      ...agentPorts(agents.slice(0, 2), 23_000),
      BRAMBLE_PORT: api,
      BRAMBLE_BROKER_PORT: broker,
      BRAMBLE_SIM_NODES: '5',
      BRAMBLE_SIM_PROBES_PORT: fleet,
      BRAMBLE__NODE: first,
    },
  })
  // As on another host, but that both share this one: ports of its own, and the master is in a container beside it.
  other = createProject({
    label: 'worker',
    files: ['compose.worker.yaml'],
    settings: {
      ...agentPorts(agents.slice(2), 23_500),
      BRAMBLE__NODE: second,
      BRAMBLE__LISTENER__ADVERTISED_HOST: 'host.docker.internal',
    },
  })
  await suite.shell('scripts/build-images')
  await suite.compose('--profile', 'worker', 'up', '--detach', '--wait')
  client = await firstAdminOf(suite, `http://127.0.0.1:${api}`)
}, 420_000)

afterAll(async () => {
  await other?.remove()
  await suite?.remove()
}, 60_000)

const bramble = (...args: string[]) => suite.compose('exec', '-T', 'cluster-master', 'bramble', ...args)
const longRunning = ['rabbitmq', 'mongo', 'cluster-master', 'hypervisor', 'node-agent']
const oneShots = ['preflight', 'secrets', 'invite', 'preflight-worker']

describe('docker compose up', () => {
  it('brings up everything healthy, confined and bounded', async () => {
    for (const name of longRunning) {
      const { State, HostConfig, Config } = await suite.inspect(name)
      expect({ name, health: State.Health?.Status }).toEqual({ name, health: 'healthy' })
      expect({ name, ...HostConfig }).toMatchObject({ Privileged: false, CapDrop: ['ALL'] })
      expect(HostConfig.RestartPolicy.Name).toBe('unless-stopped')
      // A guest's memory is the node's to give: placement bounds what the hypervisor uses.
      expect({ name, isBounded: HostConfig.Memory > 0 }).toEqual({ name, isBounded: name !== 'hypervisor' })
      expect(Config.Env.join('\n')).not.toMatch(/amqp:\/\/\w+:|mongodb:\/\/\w+:|PASSWORD=/)
    }
    for (const name of oneShots) expect((await suite.inspect(name)).State).toMatchObject({ ExitCode: 0 })
  })

  it('has a master that is no larger than it must be', async () => {
    const { Image } = await suite.inspect('cluster-master')
    const bytes = Number(await docker('image', 'inspect', '--format', '{{.Size}}', Image))
    console.log(`cluster-master: ${Math.round(bytes / 1e6)} MB`)
    expect(bytes).toBeLessThanOrEqual(largestMasterBytes)
  })

  it('has this host as its worker', async () => {
    expect((await client.nodes.list()).items).toMatchObject([
      { id: first, admission: 'approved', liveness: 'ready', host: { driver: 'libvirt' } },
    ])
  })
})

describe('two workers', () => {
  let saved: Saved
  let [here, there]: Instance[] = []

  it('are two after one joined by the command that an invitation prints', async () => {
    const command = await bramble('node', 'invite', '--cluster', 'shelf-1', '--docker')
    expect(command).toMatch(/ docker compose -f compose.worker.yaml up -d --wait$/m)
    await other.shell(command)
    const { items } = await client.nodes.list()
    expect(items).toMatchObject([
      { id: first, cluster: 'default' },
      { id: second, cluster: 'shelf-1', liveness: 'ready' },
    ])
  }, 120_000)

  it('share a base, an overlay and a service, and each runs an instance of it', async () => {
    saved = await makeArtifacts(client)
    ;[here, there] = [await launch(client, { service, node: first }), await launch(client, { service, node: second })]
    for (const instance of [here, there]) {
      const { bootId, token, remembered } = await askStatus(instance)
      expect({ bootId, token, remembered }).toEqual(saved)
    }
  }, 180_000)

  it('answer the master through their listeners', async () => {
    for (const { id } of [here!, there!]) {
      expect(await bramble('exec', id, '--', 'sh', '-c', 'echo to the console >/dev/console; echo to us')).toBe(
        'to us\n',
      )
      const tail = () => client.instances.console({ params: { instance: id }, query: { tailBytes: 200 } })
      await pollUntil(async () => (await tail()).includes('to the console'), `the console of ${id}`)
    }
  })

  it('lose no VM when an agent is recreated', async () => {
    const before = { ...(await askStatus(here!)), hypervisor: (await suite.inspect('hypervisor')).State.Pid }
    await suite.compose('up', '--detach', '--wait', '--force-recreate', '--no-deps', 'node-agent')
    const isBack = async () => (await bramble('exec', here!.id, '--', 'true').catch(() => undefined)) !== undefined
    await pollUntil(isBack, 'the agent that was recreated')
    const after = { ...(await askStatus(here!)), hypervisor: (await suite.inspect('hypervisor')).State.Pid }
    expect(after).toMatchObject({ ...before, count: before.count + 1, time: expect.any(Number) })
    expect((await show(client, here!.id)).status).toMatchObject({
      phase: 'running',
      domainUuid: here!.status.domainUuid,
    })
  }, 120_000)

  it('are drained before their hypervisor is replaced', async () => {
    await bramble('node', 'drain', second)
    expect(await refusal(client, client.instances.launch({ body: { service, node: second } }))).toMatchObject({
      code: 'no_node_fits',
      detail: expect.stringContaining('draining'),
    })
    await remove(client, there!.id)
    await other.compose('up', '--detach', '--wait', '--force-recreate', '--no-deps', 'hypervisor')
    await bramble('node', 'undrain', second)
    const back = await pollUntil(
      () => launch(client, { service, node: second }).catch(() => undefined),
      'an instance on the worker whose hypervisor was replaced',
    )
    expect((await askStatus(back)).bootId).toBe(saved.bootId)
  }, 180_000)
})

it('adds a simulated fleet on demand', () => addSimulatedFleet(suite, client, 5), 120_000)

it('leaves nothing behind', async () => {
  await other.remove()
  await suite.remove()
  expect([...(await leftOf(other)), ...(await leftOf(suite))]).toEqual([])
}, 120_000)
