// A PID, IPC and mount namespace with a shell as its init: it reaps orphans (where the machine's own PID 1 does not,
// libvirt waits 40 s for every QEMU that it destroys), and its end takes along all that was started in it, daemons and
// shared memory included.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, readdir, readlink } from 'node:fs/promises'
import { pollUntil } from './poll-until.ts'

export type ProcessNamespace = {
  /** Starts a command inside, in the background. */
  start(...command: string[]): Promise<void>
  /** What to run for a command to run inside. */
  enter(...command: string[]): [string, ...string[]]
  /** The processes inside and below, by their ids as seen from outside, with their commands' names. */
  processes(): Promise<{ pid: number; name: string }[]>
  /** Ends them all; returns when none is left. */
  stop(): Promise<void>
}

export type NamespaceOptions = {
  /** Shell lines for the init to begin with, bind mounts for example. */
  setup: string
  /** Gets what the init says. */
  logPath: string
  /** Name of the network namespace (as of `ip netns`). Default: the caller's. */
  netns?: string
}

// It ends when the caller's end of its stdin is gone, so that not even a killed test run leaves anything behind; `wait`
// is what reaps.
const init = (setup: string) => `
set -e
mount --make-rprivate /
${setup}
exec 3<&0
cat <&3 &
wait
`

/** Needs root. The setup may still be running when this returns. */
export async function startProcessNamespace(options: NamespaceOptions): Promise<ProcessNamespace> {
  const log = await open(options.logPath, 'a')
  const enterNetns = options.netns ? ['nsenter', `--net=/run/netns/${options.netns}`] : []
  const unshare = ['unshare', '-m', '-p', '-i', '-f', '--mount-proc', 'sh', '-c', init(options.setup)]
  const [command, ...args] = [...enterNetns, ...unshare] as [string, ...string[]]
  const child = spawn(command, args, { stdio: ['pipe', log.fd, log.fd] })
  const exited = once(child, 'exit')
  const initPid = await pollUntil(() => childOf(child.pid!), 'the init of a new namespace')
  await log.close()
  return {
    async start(...command) {
      // The shell ends at once and leaves the command to the init: nothing outside has to wait for it.
      const inside = ['-t', `${initPid}`, '-m', '-p', '-i', '-n', 'sh', '-c', '"$@" &', 'sh']
      await once(spawn('nsenter', [...inside, ...command], { stdio: 'ignore' }), 'exit')
    },
    enter: (...command) => ['nsenter', '-t', `${initPid}`, '-m', '-p', '-i', '-n', ...command],
    processes: () => processesBeside(initPid),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) process.kill(initPid, 'SIGKILL')
      // unshare waits for its child, and the kernel lets an init go only after all the others of its namespace.
      await exited
    },
  }
}

async function childOf(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return children === '' ? undefined : Number(children.trim())
}

async function processesBeside(initPid: number) {
  const namespace = await namespaceOf(initPid)
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const all = await Promise.all(pids.map(describe))
  const isInside = ({ parent, in: its }: (typeof all)[number]) => its === namespace || parent === initPid
  // A child of the init may have made a namespace of its own, as passt does.
  return all.filter(isInside).map(({ pid, name }) => ({ pid, name }))
}

const describe = async (pid: number) => ({
  pid,
  in: await namespaceOf(pid),
  name: (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim(),
  parent: Number(/^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1]),
})

const namespaceOf = (pid: number) => readlink(`/proc/${pid}/ns/pid`).catch(() => undefined)
