// What survives a reboot: scripts/join --service on a host with systemd, which is then killed, rebooted, stopped, and taken
// back. Broken builds that this catches: units that are not enabled, sandboxes in which the agent cannot work, an agent
// that needs its token twice.
import { eventually } from '@bramble/kit'
import { findFreePorts } from '@bramble/testkit'
import { openJoinableMaster } from '../shared/joinable-master.ts'
import type { JoinableMaster } from '../shared/joinable-master.ts'
import { startSystemdHost } from '../shared/systemd-host.ts'
import type { SystemdHost } from '../shared/systemd-host.ts'

let master: JoinableMaster
let host: SystemdHost
beforeAll(async () => {
  ;[master, host] = await Promise.all([openJoinableMaster(), startSystemdHost()])
}, 120_000)
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  await master?.[Symbol.asyncDispose]()
})

const [probesPort] = (await findFreePorts(1)) as [number]
const stateDir = '/var/lib/bramble-of-test'
const env = {
  BRAMBLE_STATE: stateDir,
  BRAMBLE_LISTENER_PORT: '0',
  BRAMBLE_PROBES_PORT: `${probesPort}`,
}
const script = (name: 'join' | 'down', args: string[] = [], stdin = '') =>
  host.run([`${host.root}/scripts/${name}`, ...args], { env, stdin })
const join = (token: string, ...args: string[]) =>
  script('join', [master.url, '-', '--service', '--driver', 'simulated', ...args], `${token}\n`)
const unit = 'bramble-agent.service'
const property = async (name: string) => (await host.run(['systemctl', 'show', '-P', name, unit])).stdout.trim()
const state = async () => [await property('UnitFileState'), await property('ActiveState')]
const exists = async (path: string) => (await host.run(['test', '-e', path])).exitCode === 0

/** Told since then, by the master's clock, which is this machine's. */
const isReadySince = (since: number) =>
  eventually(async () => {
    const [node] = await master.nodes()
    expect(node).toMatchObject({ id: 'pi-01', liveness: 'ready' })
    expect(Date.parse(node!.lastSeenAt!)).toBeGreaterThan(since)
  }, 30_000)

describe('scripts/join --service', () => {
  it('leaves nothing that tries again when it was refused', async () => {
    const { exitCode, stderr } = await join('join_00000000000000000000_x', '--node', 'pi-01')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('this host was not let in')])
    expect(await state()).toEqual(['disabled', 'inactive'])
  })

  it('makes the host a node through a unit, which it names first', async () => {
    const token = await master.bramble('node', 'invite', '-o', 'name')
    const { stdout, stderr, exitCode } = await join(token, '--node', 'pi-01')
    expect([exitCode, stdout, stderr]).toEqual([0, 'pi-01\n', expect.stringContaining('is a node of the cloudlet')])
    expect(await state()).toEqual(['enabled', 'active'])
    expect(await exists(`${stateDir}/run/join.env`)).toBe(false)
    expect(await exists(`${stateDir}/run/join-token`)).toBe(false)
    const pid = await property('MainPID')
    expect(await join(token)).toMatchObject({ exitCode: 0, stdout: 'pi-01\n' })
    expect(await property('MainPID')).toBe(pid)
    await isReadySince(0)
  })

  it('is there again when its process was killed, and when the host was rebooted', async () => {
    const pid = await property('MainPID')
    await host.run(['kill', '-KILL', pid])
    await eventually(async () => expect(Number(await property('MainPID')) || pid).not.toBe(pid), 20_000)
    await host.reboot()
    await isReadySince(Date.now())
    expect(await state()).toEqual(['enabled', 'active'])
  })

  // For simulated VMs nothing is to be ended: the unit is written by hand, and a sleeping process stands in for QEMU.
  it('ends VMs that may not run any longer from a unit that may do nothing else', async () => {
    const bash = (words: string) => host.run(['bash', '-ec', words], { env: { ...env, BRAMBLE_ROOT: host.root } })
    const libraries = ['say', 'toolchain', 'host', 'service'].map((name) => `. ${host.root}/scripts/lib/${name}.sh`)
    const install = 'write_unit bramble-end-expired.service && start_unit bramble-end-expired.service'
    expect(await bash([...libraries, install].join('\n'))).toMatchObject({ exitCode: 0 })
    const { stdout } = await bash(`
      mkdir -p /run/libvirt/qemu
      setpriv --reuid=65534 --clear-groups bash -c 'exec -a guest=bramble-x, sleep 300' >/dev/null 2>&1 &
      echo $! | tee /run/libvirt/qemu/bramble-x.pid
      echo an-earlier-boot 0 x >${stateDir}/agent/deadlines`)
    const isThere = async () => (await host.run(['test', '-d', `/proc/${stdout.trim()}`])).exitCode === 0
    expect(await isThere()).toBe(true)
    await eventually(async () => expect(await isThere()).toBe(false), 30_000)
  })

  it('is stopped by scripts/down, started by scripts/join, and removed by scripts/down --purge', async () => {
    expect(await script('down')).toMatchObject({ exitCode: 0 })
    expect(await state()).toEqual(['enabled', 'inactive'])
    expect(await script('join')).toMatchObject({ exitCode: 0, stdout: 'pi-01\n' })
    expect(await state()).toEqual(['enabled', 'active'])
    expect(await script('down', ['--purge'])).toMatchObject({ exitCode: 0 })
    expect(await state()).toEqual(['', 'inactive'])
    for (const left of [`/etc/systemd/system/${unit}`, stateDir]) expect(await exists(left)).toBe(false)
    const enabled = await host.run(['find', '/etc/systemd/system', '-name', 'bramble*'])
    expect(enabled.stdout).toBe('')
  })
})
