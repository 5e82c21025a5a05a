// Nothing is on the host that nobody wants, and nothing is wanted that is not there: the instances as the API tells
// them, against domains, processes, folders, records and ports.
import type { Instance } from '@bramble/contracts'
import { pollUntil } from '@bramble/testkit'
import { listeningPorts } from './host-oracle.ts'
import type { Lab } from './lab.ts'

/** Waits until the agent has written down what is wanted and let go of the rest. */
export async function settle(lab: Lab): Promise<void> {
  await pollUntil(
    async () => {
      const { ledger } = await lab.look()
      const { items } = await lab.cloudlet.client.instances.list({ query: { limit: 1000 } })
      return `${ledger.captures}` === '' && `${ledger.instances}` === `${ledgerOf(items).instances}`
    },
    'the ledger to hold what is wanted',
    10_000,
  )
}

const ledgerOf = (instances: Instance[]) => ({
  instances: instances.map(({ id }) => `${id}.json`).sort(),
  captures: [],
})

export async function expectNoOrphans(lab: Lab): Promise<void> {
  await settle(lab)
  const { items } = await lab.cloudlet.client.instances.list({ query: { limit: 1000 } })
  const sight = await lab.look()
  const uuids = items.map(({ status }) => status.domainUuid).sort()
  expect(sight.domains.map(({ uuid }) => uuid).sort()).toEqual(uuids)
  const slots = sight.domains.map(({ name }) => name.replace('bramble-', '')).sort()
  expect(Object.keys(sight.slots).sort()).toEqual(slots)
  expect(Object.keys(sight.qemus).sort()).toEqual(sight.domains.map(({ name }) => name))
  expect(sight.passts).toBe(items.length)
  expect(sight.ledger).toEqual(ledgerOf(items))
  for (const files of Object.values(sight.slots)) expect(files).toEqual(['console.log', 'disk.qcow2'])
  expect([sight.captures, sight.uploads]).toEqual([[], []])
  expect(await strayPorts(lab, items)).toEqual([])
}

/** Ports of the range of the lab's node on which somebody listens for no instance. */
async function strayPorts({ cloudlet }: Lab, instances: Instance[]): Promise<string[]> {
  const stray: string[] = []
  for (const protocol of ['tcp', 'udp'] as const) {
    const forwards = instances.flatMap(({ status }) => status.forwards).filter((it) => it.protocol === protocol)
    const wanted = new Set(forwards.map(({ hostPort }) => hostPort))
    const listening = [...(await listeningPorts(protocol))].filter((port) => cloudlet.ports.includes(port))
    stray.push(...listening.filter((port) => !wanted.has(port)).map((port) => `${port}/${protocol}`))
  }
  return stray
}
