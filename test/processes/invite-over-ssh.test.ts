// Hosts that are joined by one command over the system's own ssh: one that has the checkout and one that fails after it was
// brought there, two that ssh does not get into. Broken builds that this catches: a token on a command line, host keys that
// are taken unseen, a failure that keeps others from joining.
import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { findFreePorts, makeTempFolder, runBramble } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'
import { openJoinableMaster } from '../shared/joinable-master.ts'
import type { JoinableMaster } from '../shared/joinable-master.ts'
import { makeKeyPair, startSshHost } from '../shared/ssh-host.ts'
import type { SshHost, SshHostOptions } from '../shared/ssh-host.ts'

const checkout = join(import.meta.dirname, '../..')
const ends = new AsyncDisposableStack()
let master: JoinableMaster
let folder: TempFolder
let hosts: SshHost[]

beforeAll(async () => {
  folder = ends.use(await makeTempFolder())
  master = ends.use(await openJoinableMaster())
  const key = join(folder.path, 'key')
  await makeKeyPair(key)
  await makeKeyPair(join(folder.path, 'other-key'))
  const ports = await findFreePorts(10)
  const start = async (name: string, more: Partial<SshHostOptions> = {}) => {
    const env = { BRAMBLE_PROBES_PORT: `${ports.pop()}` }
    const options = { name, port: ports.pop()!, authorizedKeys: `${key}.pub`, env, ...more }
    return ends.use(await startSshHost(options))
  }
  hosts = await Promise.all([
    start('pi-01', { checkout }),
    start('pi-02', { checkout }),
    start('pi-03'),
    start('pi-04'),
    start('pi-05', { authorizedKeys: join(folder.path, 'other-key.pub') }),
  ])
  // What scripts/join refuses to take over.
  await writeFile(join(hosts[2]!.stateDir, 'port'), '8080\n')
  const known = hosts.filter((_, at) => at !== 3).map(({ knownAs }) => knownAs)
  await writeFile(join(folder.path, 'known-hosts'), known.join(''))
}, 120_000)
afterAll(() => ends.disposeAsync())

it('bramble node invite --ssh joins those that it can, and says of each what became of it', async () => {
  const options = [
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${folder.path}/known-hosts`,
    'GlobalKnownHostsFile=/dev/null',
  ]
  const ssh = [`IdentityFile=${folder.path}/key`, ...options].flatMap((option) => ['--ssh-option', option])
  const args = ['node', 'invite', '--cluster', 'shelf-1', '--driver', 'simulated', ...ssh]
  const destinations = hosts.map(({ destination }) => destination)
  const { exitCode, stdout, stderr } = await runBramble([...args, '--ssh', ...destinations], { env: master.cli })
  expect(stdout.trim().split('\n').slice(1)).toEqual([
    expect.stringMatching(/^ssh:\S+ +joined as pi-01$/),
    expect.stringMatching(/^ssh:\S+ +joined as pi-02$/),
    expect.stringMatching(/failed: .* holds the embedded cloudlet of scripts\/up/),
    expect.stringMatching(/failed: its host key is not known here/),
    expect.stringMatching(/failed: it takes no key of yours/),
  ])
  expect(exitCode).toBe(8)
  expect(stderr).toContain(`${destinations[0]}: Joining the cloudlet`)
  await eventually(async () => {
    const ready = { cluster: 'shelf-1', liveness: 'ready' }
    const nodes = (await master.nodes()).toSorted((a, b) => a.id.localeCompare(b.id))
    expect(nodes).toMatchObject([
      { id: 'pi-01', ...ready },
      { id: 'pi-02', ...ready },
    ])
  }, 30_000)
  // Three uses were left over.
  expect(await master.invitations()).toEqual([])
  await access(join(hosts[2]!.home, 'bramble/scripts/join'))
  await expect(access(join(hosts[3]!.home, 'bramble'))).rejects.toThrow('ENOENT')
  const lock = (root: string) => readFile(join(root, 'pnpm-lock.yaml'), 'utf8')
  expect(await lock(join(hosts[2]!.home, 'bramble'))).toBe(await lock(checkout))
}, 120_000)
