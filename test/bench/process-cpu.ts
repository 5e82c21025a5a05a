import { readFile } from 'node:fs/promises'

// sysconf(_SC_CLK_TCK), which is 100 on every Linux.
const msPerTick = 10

/** What a process has used of processors until now, without its children. */
export async function cpuMsOf(pid: number): Promise<number> {
  const { own } = await ticksOf(pid)
  return own * msPerTick
}

/**
 * What processes have used until now together with those that they started and that have ended: of a server of many
 * processes that come and go, whose first one is among them.
 */
export async function cpuMsOfAll(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map((pid) => ticksOf(pid).catch(() => ({ own: 0, ended: 0 }))))
  return all.reduce((sum, { own, ended }) => sum + own + ended, 0) * msPerTick
}

/** Memory of a process that is in RAM now. */
export async function rssBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

async function ticksOf(pid: number): Promise<{ own: number; ended: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // Its name, in brackets, may hold anything; utime, stime, cutime and cstime are the 14th to 17th field of all.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return { own: fields[11]! + fields[12]!, ended: fields[13]! + fields[14]! }
}
