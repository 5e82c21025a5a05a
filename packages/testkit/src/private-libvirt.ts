// A libvirtd of its own for a test, beside whatever the machine runs: in a namespace where a temporary folder stands in
// the place of each of libvirt's. It never sees a system libvirtd, nor that one it.
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acceptsConnections } from './accepts-connections.ts'
import { pollUntil } from './poll-until.ts'
import { startProcessNamespace } from './process-namespace.ts'
import type { ProcessNamespace } from './process-namespace.ts'

export type PrivateLibvirt = {
  /** Of libvirtd, reachable from outside the namespace. */
  socketPath: string
  /** The folders that stand in for libvirt's own: run, lib, log, cache, etc. */
  stateDir: string
  /** For sockets and files that QEMU opens or makes: every user may write there, the path is the same for all. */
  scratchDir: string
  /** libvirtd, virtlogd, QEMUs ..., by their ids as seen from outside the namespace. */
  processes: ProcessNamespace['processes']
  /** Kills libvirtd alone, as a crash would; its VMs run on. */
  killDaemon(): Promise<void>
  /** Starts libvirtd again after `killDaemon`. */
  startDaemon(): Promise<void>
  /** Ends all processes in the namespace and removes the folders. */
  stop(): Promise<void>
}

export type PrivateLibvirtOptions = {
  /** Name of the network namespace (as of `ip netns`) to run in. Default: the caller's. */
  netns?: string
  /** More lines for qemu.conf. */
  qemuConf?: string
}

const kvmScript = join(import.meta.dirname, '../../../scripts/lib/kvm.sh')

const libvirtFolders = {
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  log: '/var/log/libvirt',
  cache: '/var/cache/libvirt',
  etc: '/etc/libvirt',
}

const libvirtdConf = `
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`

// In a sandbox without systemd or cgroups the daemon cannot confine its VMs; for tests it need not.
const defaultQemuConf = `
security_driver = "none"
namespaces = []
cgroup_controllers = []
`

/** Needs root. Ready when libvirtd accepts connections. */
export async function startPrivateLibvirt({ netns, qemuConf }: PrivateLibvirtOptions = {}): Promise<PrivateLibvirt> {
  const stateDir = await makeStateDir(defaultQemuConf + (qemuConf ?? ''))
  const socketPath = join(stateDir, 'run/libvirt-sock')
  const logPath = join(stateDir, 'log/init.log')
  const namespace = await startProcessNamespace({ setup: mounts(stateDir), logPath, netns })

  const startDaemon = async () => {
    await namespace.start('libvirtd', '--timeout', '0', '-p', '/run/libvirt/libvirtd.pid')
    await pollUntil(() => acceptsConnections({ path: socketPath }), 'libvirtd to accept connections')
  }
  const killDaemon = async () => {
    const daemon = (await namespace.processes()).find(({ name }) => name === 'libvirtd')
    if (daemon) process.kill(daemon.pid, 'SIGKILL')
    const isGone = async () => !(await namespace.processes()).some(({ pid }) => pid === daemon?.pid)
    await pollUntil(isGone, 'the end of libvirtd')
  }
  const stop = async () => {
    await namespace.stop()
    await rm(stateDir, { recursive: true, force: true })
  }

  try {
    await pollUntil(() => exists(join(stateDir, 'run/mounted')), 'the bind mounts')
    await namespace.start('virtlogd', '-p', '/run/libvirt/virtlogd.pid')
    await startDaemon()
  } catch (cause) {
    const logs = await readLogs(stateDir)
    await stop()
    throw new Error(`the private libvirtd did not start; its logs:\n${logs}`, { cause })
  }
  const { processes } = namespace
  return { socketPath, stateDir, scratchDir: join(stateDir, 'scratch'), processes, killDaemon, startDaemon, stop }
}

async function makeStateDir(qemuConf: string): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), 'private-libvirt-'))
  for (const name of [...Object.keys(libvirtFolders), 'scratch']) await mkdir(join(stateDir, name))
  // QEMU runs as another user and has to get through.
  await chmod(stateDir, 0o755)
  await chmod(join(stateDir, 'scratch'), 0o777)
  await writeFile(join(stateDir, 'etc/libvirtd.conf'), libvirtdConf)
  await writeFile(join(stateDir, 'etc/qemu.conf'), qemuConf)
  return stateDir
}

const mounts = (stateDir: string) =>
  Object.entries(libvirtFolders)
    .map(([name, path]) => `mkdir -p ${path}; mount --bind ${stateDir}/${name} ${path}`)
    .concat(`. ${kvmScript}`, `hide_failing_kvm ${stateDir}/no-kvm 1`, 'touch /run/libvirt/mounted')
    .join('\n')

async function readLogs(stateDir: string): Promise<string> {
  const logs = ['init.log', 'libvirtd.log'].map((name) => readFile(join(stateDir, 'log', name), 'utf8').catch(() => ''))
  return (await Promise.all(logs)).join('\n')
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
