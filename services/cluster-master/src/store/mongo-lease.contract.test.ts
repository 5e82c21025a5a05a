import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from '@bramble/kit'
import { startMongoBed } from './mongo-bed.ts'
import type { MongoBed } from './mongo-bed.ts'

const script = join(import.meta.dirname, 'lease-holder.fixture.ts')

let bed: MongoBed
const children: ChildProcess[] = []
beforeAll(async () => void (bed = await startMongoBed()), 120_000)
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    }
  }
})
afterAll(() => bed.stop())

function startHolder(uri: string, holder: string) {
  const child = spawn(process.execPath, [script, uri, holder], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  return { child, lines }
}

it('passes from a process that stands still to one that waits, and the first is told', async () => {
  const uri = bed.uriOfNewDatabase()
  const a = startHolder(uri, 'a')
  await eventually(() => expect(a.lines).toEqual(['held']))
  const b = startHolder(uri, 'b')
  await eventually(() => expect(b.lines).toEqual(['waits for a']))
  const stoppedMs = performance.now()
  a.child.kill('SIGSTOP')
  await eventually(() => expect(b.lines).toContain('held'), 20_000)
  // The last beat was sent at most a period before it was stopped.
  expect(performance.now() - stoppedMs).toBeGreaterThan(7000)
  a.child.kill('SIGCONT')
  await eventually(() => expect(a.lines).toEqual(['held', 'lost to b']))
}, 60_000)

it('stays with its holder while the server is killed and started again', async () => {
  const uri = bed.uriOfNewDatabase()
  const a = startHolder(uri, 'a')
  await eventually(() => expect(a.lines).toEqual(['held']))
  await bed.server.restart()
  const b = startHolder(uri, 'b')
  await eventually(() => expect(b.lines).toEqual(['waits for a']), 20_000)
  a.child.kill('SIGKILL')
  const killedMs = performance.now()
  await eventually(() => expect(b.lines).toContain('held'), 20_000)
  expect(performance.now() - killedMs).toBeLessThan(13_000)
}, 60_000)
