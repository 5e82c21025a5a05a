import { readFile } from 'node:fs/promises'

/**
 * Signals processes that may fork meanwhile. To be called until it says true: after SIGKILL none is left then, after
 * SIGSTOP none moves.
 */
export async function signalAll(signal: NodeJS.Signals, pids: () => Promise<number[]>): Promise<boolean> {
  const seen = await pids()
  for (const pid of seen) sendSignal(pid, signal)
  if (signal === 'SIGKILL') return seen.length === 0
  if (signal !== 'SIGSTOP') return true
  return (await Promise.all(seen.map(isStopped))).every(Boolean) && String(seen) === String(await pids())
}

const isStopped = async (pid: number) =>
  /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))

function sendSignal(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
