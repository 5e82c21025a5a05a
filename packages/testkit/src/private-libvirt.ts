// A libvirtd of its own for a test, beside whatever the machine runs: in private mount and PID namespaces, with a
// temporary folder in the place of each of libvirt's. The PID namespace does two things: its init (a shell) reaps
// orphans, without which libvirt waits 40 s for every QEMU it destroys, and its end takes all that ran in it along.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, mkdir, mkdtemp, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type PrivateLibvirt = {
  /** Of libvirtd, reachable from outside the namespaces. */
  socketPath: string
  /** The folder that stands in for libvirt's own: run, lib, log, cache, etc. */
  stateDir: string
  /** Of the processes in the namespace, as seen from outside it. */
  pids(): Promise<number[]>
  /** Kills libvirtd alone, as a crash would; its VMs run on. */
  killDaemon(): Promise<void>
  /** Starts libvirtd again, after `killDaemon`. */
  startDaemon(): Promise<void>
  /** Ends everything in the namespace and removes the folders. */
  stop(): Promise<void>
}

export type PrivateLibvirtOptions = {
  /** Name of the network namespace (as of `ip netns`) to run in. Default: the caller's. */
  netns?: string
  /** More lines for qemu.conf. */
  qemuConf?: string
}

const folders = {
  run: '/run/libvirt',
  lib: '/var/lib/libvirt',
  log: '/var/log/libvirt',
  cache: '/var/cache/libvirt',
  etc: '/etc/libvirt',
}

const libvirtdConf = `
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0700"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`

// In a sandbox without systemd or cgroups the daemon cannot confine its VMs; for tests it need not.
const defaultQemuConf = `
security_driver = "none"
namespaces = []
cgroup_controllers = []
`

// PID 1 of the namespace. It ends, and all the others with it, when the caller's end of its stdin is gone.
const init = (stateDir: string) => `
set -e
mount --make-rprivate /
${mounts(stateDir)}
exec 3<&0
virtlogd -p /run/libvirt/virtlogd.pid &
{ cat <&3; kill $!; } &
wait
`

const mounts = (stateDir: string) =>
  Object.entries(folders)
    .map(([name, path]) => `mkdir -p ${path}; mount --bind ${stateDir}/${name} ${path}`)
    .join('\n')

/** Needs root. Ready when libvirtd accepts connections, in about a second. */
export async function startPrivateLibvirt(options: PrivateLibvirtOptions = {}): Promise<PrivateLibvirt> {
  const stateDir = await makeStateDir(options)
  const socketPath = join(stateDir, 'run/libvirt-sock')
  const namespace = await startNamespace(stateDir, options.netns)
  const pids = () => pidsInNamespaceOf(namespace.initPid)

  const startDaemon = async () => {
    const target = ['-t', `${namespace.initPid}`, '-m', '-p', '-n']
    const daemon = ['libvirtd', '--timeout', '0', '-p', '/run/libvirt/libvirtd.pid']
    spawn('nsenter', [...target, ...daemon], { stdio: 'ignore' })
    await eventually(() => connects(socketPath), 'libvirtd to accept connections')
  }
  const killDaemon = async () => {
    const names = await Promise.all((await pids()).map(async (pid) => ({ pid, name: await commandName(pid) })))
    const running = names.filter(({ name }) => name === 'libvirtd')
    for (const { pid } of running) process.kill(pid, 'SIGKILL')
    await eventually(async () => !(await Promise.all(running.map(({ pid }) => isAlive(pid)))).includes(true), 'its end')
  }
  const stop = async () => {
    await namespace.stop()
    await rm(stateDir, { recursive: true, force: true })
  }

  try {
    await startDaemon()
  } catch (cause) {
    const log = await readFile(join(stateDir, 'log/libvirtd.log'), 'utf8').catch(() => 'no log')
    await stop()
    throw new Error(`the private libvirtd did not start; its log: ${log}`, { cause })
  }
  return { socketPath, stateDir, pids, killDaemon, startDaemon, stop }
}

async function makeStateDir({ qemuConf = '' }: PrivateLibvirtOptions): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), 'private-libvirt-'))
  // QEMU runs as another user and has to get through.
  await chmod(stateDir, 0o755)
  for (const name of Object.keys(folders)) await mkdir(join(stateDir, name), { mode: 0o755 })
  await writeFile(join(stateDir, 'etc/libvirtd.conf'), libvirtdConf)
  await writeFile(join(stateDir, 'etc/qemu.conf'), defaultQemuConf + qemuConf)
  return stateDir
}

async function startNamespace(stateDir: string, netns: string | undefined) {
  const enterNetns = netns ? ['nsenter', `--net=/run/netns/${netns}`] : []
  const unshare = ['unshare', '-m', '-p', '-f', '--mount-proc', 'sh', '-c', init(stateDir)]
  const [command, ...args] = [...enterNetns, ...unshare] as [string, ...string[]]
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  await eventually(() => exists(join(stateDir, 'run/virtlogd-sock')), 'virtlogd')
  const initPid = await onlyChildOf(child)
  return {
    initPid,
    async stop() {
      if (await isAlive(initPid)) process.kill(initPid, 'SIGKILL')
      // unshare waits for its child, and the kernel lets an init go only after all the others of its namespace.
      await exited
    },
  }
}

async function onlyChildOf({ pid }: ChildProcess): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim())
}

async function pidsInNamespaceOf(initPid: number): Promise<number[]> {
  const namespace = await readlink(`/proc/${initPid}/ns/pid`)
  const all = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const namespaces = await Promise.all(all.map((pid) => readlink(`/proc/${pid}/ns/pid`).catch(() => '')))
  return all.filter((_, index) => namespaces[index] === namespace)
}

const commandName = async (pid: number) => (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
const isAlive = async (pid: number) => (await commandName(pid)) !== ''
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

async function connects(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function eventually(isTrue: () => Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(20)
  }
}
