// What ends VMs in place of an agent that is dead. Pretended QEMUs: processes with the arguments by which one is known.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { makeTempFolder, pollUntil } from '@bramble/testkit'
import type { TempFolder } from '@bramble/testkit'

const program = join(import.meta.dirname, '../../scripts/lib/end-expired')
const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const running: ChildProcess[] = []
let folder: TempFolder

beforeEach(async () => {
  folder = await makeTempFolder()
  await mkdir(join(folder.path, 'run'))
})
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    // With what it runs.
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'close')
  }
  await folder.remove()
})

async function startVm(slot: string): Promise<ChildProcess> {
  const name = `guest=bramble-${slot},debug-threads=on`
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', name], {
    stdio: 'ignore',
    detached: true,
  })
  running.push(child)
  await once(child, 'spawn')
  await writeFile(join(folder.path, 'run', `bramble-${slot}.pid`), `${child.pid}`)
  return child
}

const writeDeadlines = (...lines: [boot: string, fromNowS: number, slot: string][]) => {
  const text = lines.map(([of, fromNowS, slot]) => `${of} ${Math.round(uptime() + fromNowS)} ${slot}\n`)
  return writeFile(join(folder.path, 'deadlines'), text.join(''))
}

/** Resolves once it has looked at least twice. */
async function startGuard(): Promise<void> {
  const child = spawn(program, [folder.path, join(folder.path, 'run')], {
    env: { ...process.env, BRAMBLE_END_EXPIRED_EVERY: '0.1' },
    stdio: 'ignore',
    detached: true,
  })
  running.push(child)
  await once(child, 'spawn')
  const witness = await startVm('witness')
  await writeFile(join(folder.path, 'deadlines'), `${boot} 0 witness\n`, { flag: 'a' })
  await pollUntil(() => witness.signalCode === 'SIGKILL', 'it to look')
}

it('ends a VM that may not run any longer, and no other', async () => {
  const [late, early, patient, earlier] = await Promise.all(['late', 'early', 'patient', 'earlier'].map(startVm))
  await writeDeadlines([boot, -60, 'late'], [boot, 60, 'early'], [boot, -5, 'patient'], ['another-boot', 60, 'earlier'])
  const unknown = await startVm('unknown')
  await startGuard()
  const ended = [late, early, patient, earlier, unknown].map((child) => child!.signalCode)
  expect(ended).toEqual(['SIGKILL', null, null, 'SIGKILL', null])
})

it('leaves alone what has got the pid of a VM that is gone', async () => {
  const stranger = await startVm('stranger')
  await rm(join(folder.path, 'run/bramble-stranger.pid'))
  await writeFile(join(folder.path, 'run/bramble-gone.pid'), `${stranger.pid}`)
  await writeDeadlines([boot, -60, 'gone'], [boot, -60, 'never-was'])
  await startGuard()
  expect(stranger.signalCode).toBeNull()
})
