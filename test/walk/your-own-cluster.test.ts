// The tutorial of three hosts, walked in three compose projects, each in a checkout of its own, as hosts have it. Address,
// ports and the tag of the new version are the test's own.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Client } from '@bramble/client'
import type { NodeId, ServiceId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { makeTempFolder, pollUntil } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'
import { hasData } from '../shared/ask-prometheus.ts'
import {
  addressBesideLoopback,
  agentPorts,
  createProject,
  freePorts,
  leftOf,
  removeImages,
} from '../shared/compose-project.ts'
import type { Project } from '../shared/compose-project.ts'
import { copyCheckout } from '../shared/copy-checkout.ts'
import { launch, show } from '../shared/operations.ts'
import { plainExpression, readBoardQueries } from '../shared/read-monitoring.ts'
import { firstAdminOf } from '../shared/suite-client.ts'
import { walkPage } from '../shared/walk-page.ts'

const written = '10.0.0.1'
const newVersion = `walk-${randomBytes(4).toString('hex')}`

let folder: TempFolder
const hosts: Project[] = []
let client: Client
let prometheus: string
/** As it stands, at this machine's address. */
let translate: (script: string) => string

beforeAll(async () => {
  folder = await makeTempFolder()
  const [api, broker, shown, ...agents] = (await freePorts(9)) as [string, string, string, ...string[]]
  const address = await addressBesideLoopback()
  const ofMaster = {
    BRAMBLE_CONFIG: join(folder.path, 'config.yaml'),
    XDG_CACHE_HOME: join(folder.path, 'cache'),
    BRAMBLE_PORT: api,
    BRAMBLE_BROKER_PORT: broker,
    BRAMBLE_PROMETHEUS_PORT: shown,
  }
  for (const [index, file] of ['compose.yaml', 'compose.worker.yaml', 'compose.worker.yaml'].entries()) {
    const checkout = join(folder.path, `worker-${index + 1}`)
    await copyCheckout(checkout)
    const ports = agentPorts(agents.slice(2 * index), 25_000 + 500 * index)
    const settings = index === 0 ? { ...ofMaster, ...ports } : ports
    hosts.push(createProject({ label: `own-${index + 1}`, files: [file], settings, checkout }))
  }
  prometheus = `http://127.0.0.1:${shown}`
  translate = (script) =>
    script
      .replaceAll(`${written}:8080`, `${address}:${api}`)
      .replaceAll(written, address)
      .replaceAll('http://127.0.0.1:9090', prometheus)
      .replaceAll('BRAMBLE_VERSION=new', `BRAMBLE_VERSION=${newVersion}`)
      .replaceAll('bramble_$volume', `${hosts[0]!.name}_$volume`)
}, 60_000)

afterAll(async () => {
  for (const host of hosts) await host.remove()
  await removeImages(newVersion)
  await folder?.remove()
}, 60_000)

const nodes = async () => (await client.nodes.list()).items
const livenessOf = async (name: string) => (await nodes()).find(({ id }) => id === name)!.liveness
const search = () => show(client, 'search')
const domainOf = async () => (await search()).status.domainUuid
/** Processes of hypervisors: VMs live as long as they do. */
const hypervisors = () => Promise.all(hosts.map(async (host) => (await host.inspect('hypervisor')).State.Pid))
const versionOf = async (host: Project, service: string) => (await host.inspect(service)).Config.Image.split(':')[1]
const isLaunchedAgain = async () => {
  const { node, status } = await search()
  return node !== 'worker-2' && status.phase === 'running'
}

const launchesCounted = 'bramble_launch_duration_seconds_count'
/** What is drawn only when something is wrong. */
const ofTrouble = ['master.json: API errors per second', 'master.json: Failures of tasks per minute']
const emptyPanels = async () => {
  const asked = readBoardQueries().filter(({ where }) => !ofTrouble.includes(where))
  const answers = await Promise.all(asked.map((query) => hasData(prometheus, plainExpression(query))))
  return asked.filter((_query, index) => !answers[index]).map(({ where }) => where)
}

let before: { domain: unknown; hypervisors: number[] }

walkPage({
  path: 'docs/tutorials/your-own-cluster.md',
  stage: () => ({ here: hosts[0]!, others: { 'worker-2': hosts[1]!, 'worker-3': hosts[2]! }, translate }),
  outcomes: {
    '3. Start the first host': async () => {
      client = await firstAdminOf(hosts[0]!, translate(`https://${written}:8080`))
      const { expected, items } = await client.description.show()
      expect(expected).toEqual(['worker-2', 'worker-3'])
      expect(items.map(({ id }) => id)).toContain('users.alice')
    },

    '4. Join the other two': async () => {
      const described = (id: string, shelf: string) => ({ id, cluster: 'lab', labels: { shelf }, liveness: 'ready' })
      const all = [described('worker-1', 'top'), described('worker-2', 'bottom'), described('worker-3', 'bottom')]
      expect(await nodes()).toMatchObject(all)
    },

    '5. Launch what shall outlive its host': async () => {
      const whenLost = { policy: 'replace', stopAfterSeconds: 90 }
      expect(await search()).toMatchObject({ node: 'worker-2', whenLost, status: { phase: 'running' } })
    },

    '6. Break its host': async () => {
      await pollUntil(async () => (await livenessOf('worker-2')) === 'suspect', 'the node to be suspect', 60_000)
      expect((await search()).node).toBe('worker-2')
    },

    // What was counted before Prometheus first asked is in no rate.
    '7. Meanwhile, watch': () =>
      eventually(async () => expect(await hasData(prometheus, launchesCounted)).toBe(true), 60_000),

    '8. Go on': async () => {
      expect((await show(client, 'another')).node).not.toBe('worker-2')
      await pollUntil(isLaunchedAgain, 'the replacement', 180_000)
    },

    '9. See it come back': async (printed) => {
      expect(printed[0]).toMatch(/node\.suspect[\s\S]*node\.lost[\s\S]*instance\.replaced/)
      expect(await livenessOf('worker-2')).toBe('lost')
      expect(printed[1]).toMatch(/"liveness":"suspect".*"1"\]/)
      expect(printed[2]).toBe('')
    },

    '10. Mend the host': async () => {
      await pollUntil(async () => (await livenessOf('worker-2')) === 'ready', 'the node to be back')
      expect((await search()).node).not.toBe('worker-2')
      before = { domain: await domainOf(), hypervisors: await hypervisors() }
    },

    '11. Upgrade the master': async () => {
      expect(await versionOf(hosts[0]!, 'cluster-master')).toBe(newVersion)
      await pollUntil(async () => (await nodes()).every(({ liveness }) => liveness === 'ready'), 'all nodes')
    },

    '12. Upgrade the agents': async (printed) => {
      expect(printed.at(-1)).toMatch(/adopted[\s\S]*\/run\/made-before/)
      for (const host of hosts) expect(await versionOf(host, 'node-agent')).toBe(newVersion)
      expect({ domain: await domainOf(), hypervisors: await hypervisors() }).toEqual(before)
      await eventually(async () => expect(await emptyPanels()).toEqual([]), 60_000)
    },

    '13. Upgrade a hypervisor': async () => {
      expect(await versionOf(hosts[1]!, 'hypervisor')).toBe(newVersion)
      const body = { service: 'org.bramble.samples.package-search' as ServiceId, node: 'worker-2' as NodeId }
      await pollUntil(() => launch(client, body).catch(() => undefined), 'an instance on the new hypervisor', 60_000)
      expect(await domainOf()).toBe(before.domain)
    },

    '14. Take it away': async () => expect((await Promise.all(hosts.map(leftOf))).flat()).toEqual([]),
  },
})
