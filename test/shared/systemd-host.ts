// A host with systemd as its init: this machine's own files below an overlay in memory, of which nothing starts but what a
// test installs. It reboots as a machine does, and shares the machine's loopback.
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { makeTempFolder, runProgram, startProcessNamespace } from '@bramble/testkit'
import type { ProgramOptions, ProgramResult } from '@bramble/testkit'

const checkout = join(import.meta.dirname, '../..')

export interface SystemdHost extends AsyncDisposable {
  /** Where it has this checkout. */
  root: string
  run: (command: [string, ...string[]], options?: ProgramOptions) => Promise<ProgramResult>
  /** When systemd was started last, as of the machine's clock. */
  bootedAt: () => Promise<number>
  /** Returns when the next systemd has started all that it starts. */
  reboot: () => Promise<void>
}

const mountRoot = (path: string): string => `
mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd
mount -t tmpfs tmpfs ${path}
mkdir ${path}/upper ${path}/work ${path}/root
mount -t overlay overlay -o lowerdir=/,upperdir=${path}/upper,workdir=${path}/work ${path}/root
cd ${path}/root
rm -rf etc/systemd/system/*.wants etc/init.d etc/rc?.d
mkdir -p opt/bramble
# No cgroup is its own to give away.
[ ! -e etc/libvirt/qemu.conf ] || echo 'cgroup_controllers = []' >>etc/libvirt/qemu.conf
touch ready
`

// The init is the one whose own id, in the innermost of its namespaces, is 1.
const findInit = `
for status in /proc/[0-9]*/status; do
  awk '/^Name:/ { name = $2 } /^NSpid:/ { if (name == "systemd" && NF > 2 && $NF == 1) print $2 }' "$status" 2>/dev/null
done
`

// What this process has elsewhere than that host.
const ownEnv = { HOME: '/root', TMPDIR: '/tmp', XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', BRAMBLE_TOOLCHAIN: '' }

// A reboot ends systemd-nspawn with 133.
export async function startSystemdHost(): Promise<SystemdHost> {
  const folder = await makeTempFolder()
  const at = join(folder.path, 'host')
  await runProgram(['mkdir', at])
  const namespace = await startProcessNamespace({ setup: mountRoot(at), logPath: join(folder.path, 'log') })
  const inNamespace = (command: string[], options?: ProgramOptions) =>
    runProgram(namespace.enter(...command) as [string, ...string[]], options)
  const root = '/opt/bramble'
  await eventually(async () => expect((await inNamespace(['ls', join(at, 'root/ready')])).exitCode).toBe(0))
  const nspawn = ['systemd-nspawn', '--boot', '--quiet', '--register=no', '--keep-unit', '--link-journal=no']
  const all = [...nspawn, `--bind-ro=${checkout}:${root}`, '-D', join(at, 'root'), 'systemd.unit=multi-user.target']
  await namespace.start('sh', '-c', 'until "$@"; [ $? -ne 133 ]; do :; done', 'sh', ...all)

  const init = async () => {
    const { stdout } = await inNamespace(['sh', '-c', findInit])
    expect(stdout).toMatch(/^\d+\n$/)
    return stdout.trim()
  }
  const run: SystemdHost['run'] = async (command, { env, ...options } = {}) =>
    inNamespace(['nsenter', '-t', await init(), '-a', ...command], { ...options, env: { ...ownEnv, ...env } })
  const isUp = async () => {
    const { stdout } = await run(['systemctl', 'is-system-running'])
    expect(['running', 'degraded']).toContain(stdout.trim())
  }
  const bootedAt = async () => Number((await run(['stat', '-c', '%Y', '/proc/1'])).stdout)
  await eventually(isUp, 60_000)
  return {
    root,
    run,
    bootedAt,
    reboot: async () => {
      const before = await init()
      await run(['systemctl', '--no-block', 'reboot'])
      await eventually(async () => {
        expect(await init()).not.toBe(before)
        await isUp()
      }, 60_000)
    },
    [Symbol.asyncDispose]: async () => {
      await namespace.stop()
      await folder.remove()
    },
  }
}
