// The testbed described in a file, as an admin works with it: the embedded cloudlet follows the file over changes,
// mistakes and restarts. Broken builds that this catches: one that applies once and never again, one that takes a file
// with mistakes in part, one that forgets over a restart what the file says, or applies it over what was applied since.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeId } from '@bramble/contracts'
import { makeTempFolder, pollUntil, startCloudlet } from '@bramble/testkit'
import type { Cloudlet } from '@bramble/testkit'
import { refusal } from '../shared/operations.ts'

let folder: Awaited<ReturnType<typeof makeTempFolder>>
let cloudlet: Cloudlet
const file = () => join(folder.path, 'config', 'bramble.yaml')

/** As an editor saves: written under another name first. */
async function save(text: string): Promise<void> {
  await mkdir(join(folder.path, 'config'), { recursive: true })
  await writeFile(`${file()}.new`, text)
  await rename(`${file()}.new`, file())
}

const node = (id: string) => cloudlet.client.nodes.show({ params: { node: id as NodeId } })
const until = (what: string, ask: () => Promise<boolean>) => pollUntil(ask, what, 20_000)

const description = (shelf: number) => `
clusters: { shelf-${shelf}: {} }
nodes:
  sim-[001-002]: { cluster: shelf-${shelf}, labels: { shelf: '${shelf}' } }
  pi-07: { cluster: shelf-${shelf} }
`

beforeAll(async () => {
  folder = await makeTempFolder()
  const env = { BRAMBLE__SIMULATED__NODES: '2', BRAMBLE__DESCRIPTION_FILE: file() }
  cloudlet = await startCloudlet({ driver: 'simulated', env })
}, 60_000)
afterAll(async () => {
  await cloudlet?.stop()
  await folder?.remove()
})

it('a file that is made while the cloudlet runs is applied, and so is what changes in it', async () => {
  expect((await node('sim-001')).cluster).toBe('default')
  await save(description(1))
  await until('the first version', async () => (await node('sim-001')).labels['shelf'] === '1')
  await save(description(2))
  await until('the second version', async () => (await node('sim-002')).labels['shelf'] === '2')
  expect(await node('sim-001')).toMatchObject({ cluster: 'shelf-2', labels: { shelf: '2' }, deed: { by: 'file' } })
  expect((await node('local')).cluster).toBe('default')
  const shown = await cloudlet.client.description.show()
  expect(shown).toMatchObject({ file: file(), applied: { from: file(), by: 'file' }, expected: ['pi-07'] })
  expect(shown.items.find(({ id }) => id === 'clusters.shelf-1')).toMatchObject({ isNamed: false })
}, 60_000)

it('what it says is refused to others, with the place where it is said', async () => {
  const params = { node: 'sim-001' as NodeId }
  const problem = await refusal(
    cloudlet.client,
    cloudlet.client.nodes.update({ params, body: { labels: { shelf: '9' } } }),
  )
  expect(problem).toMatchObject({ code: 'managed_by_file', hint: expect.stringContaining(file()) })
  expect(problem.hint).toContain('nodes.sim-[001-002].labels.shelf')
})

it('a file with mistakes changes nothing, tells all of them, and hinders nobody', async () => {
  await save(description(3) + 'users: { Bob: {} }\nplacement: { policy: none }\n')
  const refused = async () => (await cloudlet.client.description.show()).refused
  await until('the refusal', async () => (await refused()) !== undefined)
  expect((await refused())?.mistakes).toEqual([
    expect.stringContaining('bramble.yaml:6:10: users.Bob: '),
    expect.stringContaining('bramble.yaml:6:10: users.Bob.roles: '),
    expect.stringContaining('bramble.yaml:7:14: placement.policy: there is no policy none'),
  ])
  expect(cloudlet.logs()).toContain('there is no policy none')
  expect((await node('sim-001')).cluster).toBe('shelf-2')
  expect((await fetch(`${cloudlet.url}/readyz`)).status).toBe(200)
  await save(description(3))
  await until('the corrected version', async () => (await node('sim-001')).cluster === 'shelf-3')
  expect(await refused()).toBeUndefined()
}, 60_000)

it('all of it stays over a restart, also without the file; what was applied since counts until the file changes', async () => {
  await rm(file())
  await cloudlet.restart()
  expect(await node('sim-002')).toMatchObject({ cluster: 'shelf-3', labels: { shelf: '3' } })
  await save(description(3))
  const body = { nodes: { 'sim-001': { cluster: 'other' } }, clusters: { other: {} } }
  await cloudlet.client.description.apply({ body, query: { from: 'by hand' } })
  await cloudlet.restart()
  const looks = async () => {
    const { items } = await cloudlet.client.system.tasks()
    return items.find(({ name }) => name === 'follow-description')!.runs
  }
  await until('two looks at the file', async () => (await looks()) > 2)
  expect((await node('sim-001')).cluster).toBe('other')
  await save(description(4))
  await until('the next version', async () => (await node('sim-001')).cluster === 'shelf-4')
}, 60_000)
