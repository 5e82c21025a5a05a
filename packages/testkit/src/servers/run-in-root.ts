// A server out of a folder with a Debian root, as scripts/build-base-images makes them: nothing is installed, nothing is
// shared. The root is read-only and serves any number of servers at once; what a server writes goes to private folders
// mounted over it. It runs in a PID namespace that ends with the caller, and is seen and signalled from outside.
import { access, chmod, mkdir, mkdtemp, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pollUntil } from '../poll-until.ts'
import { startProcessNamespace } from '../process-namespace.ts'
import type { ProcessNamespace } from '../process-namespace.ts'
import { signalAll } from './signal-all.ts'

export type ServerInRoot = {
  /** Where its data and its log lie, until `stop`. */
  stateDir: string
  /** The server's processes, by their ids as seen from here. */
  pids(): Promise<number[]>
  /** Sends a signal to all of them. Returns when none is left (SIGKILL), when none moves any more (SIGSTOP). */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Kills what is left and starts the server again, on the same data and ports. Returns when it is ready. */
  restart(): Promise<void>
  /** Ends the server and removes its data. */
  stop(): Promise<void>
  /** What the server said so far. */
  readLog(): Promise<string>
}

/** Where a server listens: in the network namespace of another host, or on loopback. */
export type ServerPlace = {
  netns?: string
  /** Reached from here, too. Default: 127.0.0.1 */
  address?: string
}

export type ServerRecipe = {
  /** Which of the roots. */
  name: 'rabbitmq' | 'mongo'
  /** Folders of the root that are the server's own, with the files that they begin with. */
  folders: Record<string, Record<string, string>>
  env: Record<string, string>
  /** Arguments for the entrypoint. */
  args: string[]
  /** Name of a network namespace (as of `ip netns`). Default: the caller's. */
  netns?: string | undefined
  isReady(): Promise<boolean>
}

const cacheDir = () => process.env['BRAMBLE_CACHE'] ?? '/var/cache/bramble'
const rootsDir = () => process.env['BRAMBLE_ROOTS'] ?? join(cacheDir(), 'roots')
// Less than a hook of jest gets, so that a server that does not start is still cleared away.
const startTimeoutMs = 45_000
/**
 * As Docker starts again what ends. RabbitMQ ends at once when it asks epmd, which it has just started, before that listens
 * ("register/listen error: econnrefused", seen when four started at the same time).
 */
const startAttempts = 3

/** Needs root. */
export async function runInRoot(recipe: ServerRecipe): Promise<ServerInRoot> {
  const link = join(rootsDir(), recipe.name)
  const root = await realpath(link).catch(() => {
    throw new Error(`${link} is not there: run scripts/build-base-images --roots-only`)
  })
  const stateDir = await makeStateDir(recipe)
  const logPath = join(stateDir, 'log')
  const { netns } = recipe
  const setup = mounts(root, stateDir, recipe)
  const namespace = await startProcessNamespace({ setup, logPath, ...(netns !== undefined && { netns }) })

  const pids = () => pidsBelow(root, namespace)
  const kill = async (signal: NodeJS.Signals) => {
    await pollUntil(() => signalAll(signal, pids), `${signal} to reach all of ${recipe.name}`)
  }
  let starts = 0
  const endedPath = () => join(stateDir, `ended-${starts}`)
  const startOnce = async () => {
    starts += 1
    await namespace.start(...command(root, logPath, endedPath(), recipe))
  }
  const start = async () => {
    let attempts = 1
    const isUp = async () => {
      if (await recipe.isReady()) return true
      if (!(await exists(endedPath()))) return false
      await kill('SIGKILL')
      if (attempts === startAttempts) throw new Error(`${recipe.name} ended ${startAttempts} times before it was ready`)
      attempts += 1
      await startOnce()
      return false
    }
    await startOnce()
    await pollUntil(isUp, `${recipe.name} to be ready`, startTimeoutMs)
  }
  const stop = async () => {
    await namespace.stop()
    await rm(stateDir, { recursive: true, force: true })
  }
  const readLog = () => readFile(logPath, 'utf8')
  const restart = async () => {
    await kill('SIGKILL')
    await start()
  }

  try {
    await pollUntil(() => exists(join(stateDir, 'mounted')), 'the bind mounts')
    await start()
  } catch (cause) {
    const log = await readLog()
    await stop()
    throw new Error(`${recipe.name} did not start; its log:\n${log}`, { cause })
  }
  return { stateDir, pids, kill, restart, stop, readLog }
}

async function makeStateDir({ name, folders }: ServerRecipe): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), `bramble-${name}-`))
  // Servers run as users of their own and have to get through.
  await chmod(stateDir, 0o711)
  for (const [folder, files] of Object.entries<Record<string, string>>({ '/tmp': {}, '/run': {}, ...folders })) {
    await mkdir(join(stateDir, folder), { recursive: true })
    for (const [file, text] of Object.entries(files)) await writeFile(join(stateDir, folder, file), text)
  }
  await chmod(join(stateDir, 'tmp'), 0o1777)
  return stateDir
}

const mounts = (root: string, stateDir: string, { folders }: ServerRecipe) =>
  [
    `mount --bind ${root} ${root}`,
    `mount -o remount,bind,ro ${root}`,
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -t tmpfs tmpfs ${root}/dev/shm`,
    ...['/tmp', '/run', ...Object.keys(folders)].map((folder) => `mount --bind ${stateDir}${folder} ${root}${folder}`),
    `touch ${stateDir}/mounted`,
  ].join('\n')

/** Not below the root, the shell lives on when the server is killed, and tells of its end. */
const command = (root: string, logPath: string, endedPath: string, { env, args }: ServerRecipe) => [
  ...['sh', '-c', `exec >>${logPath} 2>&1; "$@"; touch ${endedPath}`, 'sh'],
  ...['chroot', root, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'],
  ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
  ...['/usr/local/bin/docker-entrypoint.sh', ...args],
]

/** The namespace's own init is not below the root. */
async function pidsBelow(root: string, namespace: ProcessNamespace): Promise<number[]> {
  const processes = await namespace.processes()
  const roots = await Promise.all(processes.map(({ pid }) => readlink(`/proc/${pid}/root`).catch(() => undefined)))
  return processes.map(({ pid }) => pid).filter((_, i) => roots[i] === root)
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
