// A master on a small board: compose.pi.yaml beside compose.yaml, with a shelf of simulated nodes. What its services take of
// the memory is printed.
import type { Client } from '@bramble/client'
import { createProject, freePorts, leftOf } from '../shared/compose-project.ts'
import type { Project } from '../shared/compose-project.ts'
import { launch } from '../shared/operations.ts'
import { makeSimulatedService, simulatedService } from '../shared/simulated-service.ts'
import { addSimulatedFleet, firstAdminOf } from '../shared/suite-client.ts'

const nodes = 16
const mib = 2 ** 20
/** Of 1 GiB; the rest is for the system and Docker. */
const largestBytes = 700 * mib
const services = ['cluster-master', 'rabbitmq']

let suite: Project
let client: Client

beforeAll(async () => {
  const [api, broker, fleet] = (await freePorts(3)) as [string, string, string]
  suite = createProject({
    label: 'pi',
    files: ['compose.yaml', 'compose.pi.yaml'],
    settings: {
      BRAMBLE_PORT: api,
      BRAMBLE_BROKER_PORT: broker,
      BRAMBLE_SIM_NODES: String(nodes),
      BRAMBLE_SIM_PROBES_PORT: fleet,
    },
  })
  await suite.compose('up', '--detach', '--wait')
  client = await firstAdminOf(suite, `http://127.0.0.1:${api}`)
}, 120_000)

afterAll(() => suite?.remove(), 60_000)

it('starts a master and a broker, and no database', async () => {
  expect((await suite.compose('ps', '--services')).trim().split('\n').sort()).toEqual(services)
  for (const name of ['preflight', 'secrets']) expect((await suite.inspect(name)).State).toMatchObject({ ExitCode: 0 })
})

it('launches an instance on each of a shelf of nodes', async () => {
  await addSimulatedFleet(suite, client, nodes)
  await makeSimulatedService(client)
  const ids = (await client.nodes.list()).items.map(({ id }) => id)
  const launched = await Promise.all(ids.map((node) => launch(client, { service: simulatedService, node })))
  expect(launched.map(({ status }) => status.phase)).toEqual(ids.map(() => 'running'))
}, 60_000)

it('fits a board of 1 GiB', async () => {
  const used = await Promise.all(services.map((name) => suite.memoryBytes(name)))
  const total = used.reduce((sum, bytes) => sum + bytes, 0)
  const told = services.map((name, at) => `${name} ${Math.round(used[at]! / mib)}`)
  console.log(
    `memory in MiB with ${nodes} nodes and as many instances: ${told.join(', ')}, together ${Math.round(total / mib)}`,
  )
  const found = await Promise.all(services.map((name) => suite.inspect(name)))
  expect(found.map(({ RestartCount, State }) => [RestartCount, State.OOMKilled])).toEqual(
    services.map(() => [0, false]),
  )
  expect(total).toBeLessThanOrEqual(largestBytes)
  expect(found.reduce((sum, { HostConfig }) => sum + HostConfig.Memory, 0)).toBeLessThanOrEqual(largestBytes)
})

it('knows all of it after the master was replaced', async () => {
  await suite.compose('up', '--detach', '--wait', '--force-recreate', 'cluster-master')
  expect((await client.nodes.list()).items).toHaveLength(nodes)
  expect((await client.instances.list()).items).toHaveLength(nodes)
}, 60_000)

it('leaves nothing behind', async () => {
  await suite.remove()
  expect(await leftOf(suite)).toEqual([])
}, 60_000)
