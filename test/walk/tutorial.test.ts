// The tutorial of the suite, walked: its commands run as they stand, in two compose projects that play its two hosts. Only
// the address and the ports are the test's own.
import { join } from 'node:path'
import { makeTempFolder, pollUntil, readPages, walkOf } from '@bramble/testkit'
import type { TempFolder, WalkBlock } from '@bramble/testkit'
import type { Event, Instance, Node } from '@bramble/contracts'
import { addressBesideLoopback, agentPorts, createProject, freePorts, leftOf } from '../shared/compose-project.ts'
import type { Project } from '../shared/compose-project.ts'

const [page] = readPages(['docs/tutorials/a-cluster-in-containers.md'])
const sections = [...Map.groupBy(walkOf(page!), ({ heading }) => heading)]
const written = '10.0.0.1'

let folder: TempFolder
let here: Project
let elsewhere: Project
/** As it stands, at this machine's address. */
let translate: (script: string) => string

beforeAll(async () => {
  folder = await makeTempFolder()
  const [api, broker, ...agents] = (await freePorts(6)) as [string, string, ...string[]]
  const address = await addressBesideLoopback()
  const login = { BRAMBLE_CONFIG: join(folder.path, 'config.yaml') }
  const master = { BRAMBLE_ADDRESS: address, BRAMBLE_PORT: api, BRAMBLE_BROKER_PORT: broker }
  here = createProject('docs', ['compose.yaml'], { ...login, ...master, ...agentPorts(agents.slice(0, 2), 24_000) })
  elsewhere = createProject('docs-worker', ['compose.worker.yaml'], agentPorts(agents.slice(2), 24_500))
  translate = (script) => script.replaceAll(`${written}:8080`, `${address}:${api}`).replaceAll(written, address)
}, 60_000)

afterAll(async () => {
  await elsewhere?.remove()
  await here?.remove()
  await folder?.remove()
}, 60_000)

/** What an invitation prints is run on the other host, as the page says. */
async function walk({ script, isElsewhere }: WalkBlock): Promise<void> {
  const printed = await (isElsewhere ? elsewhere : here).shell(translate(script))
  const invitation = /^BRAMBLE__MASTER__URL=.* docker compose .*$/m.exec(printed)?.[0]
  if (invitation) await elsewhere.shell(invitation)
}

async function list<T>(noun: string, ...flags: string[]): Promise<T[]> {
  return JSON.parse(await here.shell(['scripts/bramble', noun, 'list', '-o', 'json', ...flags].join(' '))) as T[]
}
const nodeOf = async (name: string) => (await list<Instance>('instance')).find((it) => it.name === name)?.node

/** What the page says of where a section leads to. */
const outcomes: Record<string, () => Promise<void>> = {
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

  '10. Take it away, and stop': async () => expect([...(await leftOf(here)), ...(await leftOf(elsewhere))]).toEqual([]),
}

it.each(sections)(
  '%s',
  async (heading, blocks) => {
    for (const block of blocks) await walk(block)
    await outcomes[heading]?.()
  },
  400_000,
)

it('comes through all that the page promises', () => {
  const headings = sections.map(([heading]) => heading)
  expect(Object.keys(outcomes).filter((heading) => !headings.includes(heading))).toEqual([])
})
