// The embedded cloudlet as a unit of systemd, beside the libvirtd of systemd: it makes a base, an overlay and an instance,
// is killed, and rebooted. Broken builds that this catches: a sandbox in which bases cannot be made or VMs not be started, a
// unit whose end takes its VMs along, and one that does not come back.
import { createClient } from '@bramble/client'
import type { Client } from '@bramble/client'
import type { NodeId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { findFreePorts } from '@bramble/testkit'
import { askStatus } from '../shared/guest.ts'
import { makeArtifacts, service } from '../shared/make-artifacts.ts'
import type { Saved } from '../shared/make-artifacts.ts'
import { launch } from '../shared/operations.ts'
import { startSystemdHost } from '../shared/systemd-host.ts'
import type { SystemdHost } from '../shared/systemd-host.ts'

const [port] = (await findFreePorts(1)) as [number]
const stateDir = '/var/lib/bramble-of-test'
const env = { BRAMBLE_STATE: stateDir, BRAMBLE_SKIP_PACKAGES: '1', BRAMBLE_PORT: `${port}` }

let host: SystemdHost
let client: Client
let saved: Saved
beforeAll(async () => {
  host = await startSystemdHost()
}, 60_000)
afterAll(() => host?.[Symbol.asyncDispose]())

const script = (name: 'up' | 'down', ...args: string[]) => host.run([`${host.root}/scripts/${name}`, ...args], { env })
const property = async (name: string) =>
  (await host.run(['systemctl', 'show', '-P', name, 'bramble.service'])).stdout.trim()
const isReady = () =>
  eventually(async () => {
    expect(await client.nodes.show({ params: { node: 'local' as NodeId } })).toMatchObject({ liveness: 'ready' })
  }, 40_000)

describe('scripts/up --service', () => {
  it('says what it will install, and starts a cloudlet that makes VMs', async () => {
    const { exitCode, stderr } = await script('up', '--service', '--no-sample')
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('add /etc/systemd/system/bramble.service')])
    const token = /shown this once: (\S+)/.exec(stderr)![1]!
    client = createClient({ url: `http://127.0.0.1:${port}`, token })
    saved = await makeArtifacts(client)
  }, 120_000)

  it('leaves VMs alone when its process is killed', async () => {
    const instance = await launch(client, { service, name: 'one' })
    const pid = await property('MainPID')
    await host.run(['kill', '-KILL', pid])
    await eventually(async () => expect(Number(await property('MainPID')) || pid).not.toBe(pid), 20_000)
    await isReady()
    expect(await askStatus(instance)).toMatchObject(saved)
  }, 60_000)

  it('is there again after a reboot, with all that it had made', async () => {
    await host.reboot()
    await isReady()
    const instance = await launch(client, { service, name: 'two' })
    expect(await askStatus(instance)).toMatchObject(saved)
  }, 120_000)

  it('is stopped by scripts/down, and removed by scripts/down --purge', async () => {
    expect(await script('down')).toMatchObject({ exitCode: 0 })
    expect([await property('UnitFileState'), await property('ActiveState')]).toEqual(['enabled', 'inactive'])
    expect(await script('down', '--purge')).toMatchObject({ exitCode: 0 })
    const left = await host.run([
      'sh',
      '-c',
      `find /etc/systemd/system -name 'bramble*'; ls -d ${stateDir}; pgrep qemu`,
    ])
    expect(left.stdout).toBe('')
  }, 60_000)
})
