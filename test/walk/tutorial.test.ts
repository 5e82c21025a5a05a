// The tutorial of the suite, walked in two compose projects that play its two hosts. Only the address and the ports are
// the test's own.
import { join } from 'node:path'
import { makeTempFolder, pollUntil } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'
import type { Event, Instance, Node } from '@bramble/contracts'
import { addressBesideLoopback, agentPorts, createProject, freePorts, leftOf } from '../shared/compose-project.ts'
import type { Project } from '../shared/compose-project.ts'
import { walkPage } from '../shared/walk-page.ts'

const written = '10.0.0.1'

let folder: TempFolder
let here: Project
let second: Project
/** As it stands, at this machine's address. */
let translate: (script: string) => string

beforeAll(async () => {
  folder = await makeTempFolder()
  const [api, broker, ...agents] = (await freePorts(6)) as [string, string, ...string[]]
  const address = await addressBesideLoopback()
  const settings = {
    BRAMBLE_CONFIG: join(folder.path, 'config.yaml'),
    BRAMBLE_ADDRESS: address,
    BRAMBLE_PORT: api,
    BRAMBLE_BROKER_PORT: broker,
    ...agentPorts(agents.slice(0, 2), 24_000),
  }
  here = createProject({ label: 'docs', files: ['compose.yaml'], settings })
  const ofSecond = agentPorts(agents.slice(2), 24_500)
  second = createProject({ label: 'docs-worker', files: ['compose.worker.yaml'], settings: ofSecond })
  translate = (script) => script.replaceAll(`${written}:8080`, `${address}:${api}`).replaceAll(written, address)
}, 60_000)

afterAll(async () => {
  await second?.remove()
  await here?.remove()
  await folder?.remove()
}, 60_000)

async function list<T>(noun: string, ...flags: string[]): Promise<T[]> {
  return JSON.parse(await here.shell(['scripts/bramble', noun, 'list', '-o', 'json', ...flags].join(' '))) as T[]
}
const nodeOf = async (name: string) => (await list<Instance>('instance')).find((it) => it.name === name)?.node

walkPage({
  path: 'docs/tutorials/a-cluster-in-containers.md',
  stage: () => ({ here, others: { 'worker-2': second }, translate }),
  outcomes: {
    '4. Log in': async () => {
      const plain = await fetch(translate(`http://${written}:8080/v1/version`))
      expect([plain.status, await plain.json()]).toEqual([400, expect.objectContaining({ code: 'not_encrypted' })])
    },

    '5. Install the sample, and launch it': async () =>
      expect(await list<Instance>('instance')).toMatchObject([{ status: { phase: 'running' } }]),

    '6. Let a second host join': async () => {
      const nodes = await list<Node>('node')
      const joined = { id: 'worker-2', cluster: 'shelf-1', admission: 'approved', liveness: 'ready' }
      expect(nodes).toHaveLength(2)
      expect(nodes).toContainEqual(expect.objectContaining(joined))
    },

    '7. An instance on each': async () => {
      const instances = await list<Instance>('instance')
      expect(new Set(instances.map(({ node }) => node)).size).toBe(2)
      expect(await nodeOf('second')).toBe('worker-2')
    },

    '8. Restart something': async () => {
      const adopted = () => list<Event>('event', '--types', 'instance.adopted')
      await pollUntil(async () => (await adopted()).length > 0, 'the adoption of the VM')
    },

    '9. Drain one': async () => expect(await nodeOf('third')).not.toBe('worker-2'),

    '10. Take it away, and stop': async () => expect([...(await leftOf(here)), ...(await leftOf(second))]).toEqual([]),
  },
})
