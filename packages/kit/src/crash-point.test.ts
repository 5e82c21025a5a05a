import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { armCrashPoint, defineCrashPoints } from './crash-point.ts'

const source = fileURLToPath(new URL('./crash-point.ts', import.meta.url))
const program = `
  import { armCrashPointsFrom, defineCrashPoints } from ${JSON.stringify(source)}
  const crashPoint = defineCrashPoints(['a.written', 'b.sent'])
  armCrashPointsFrom(process.env)
  for (let n = 0; n < 2; n++) {
    crashPoint('a.written')
    process.stdout.write('between ')
    crashPoint('b.sent')
  }
`

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'bramble-crash-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const run = (env: Record<string, string>) => {
  const log = join(folder, 'log')
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, BRAMBLE_CRASH_LOG: log, ...env },
    encoding: 'utf8',
  })
  return {
    signal: done.signal,
    status: done.status,
    stdout: done.stdout,
    stderr: done.stderr,
    log: () => readFileSync(log, 'utf8').trim(),
  }
}

describe('crash points', () => {
  it('do nothing but log when none is armed', () => {
    const done = run({})
    expect([done.status, done.stdout]).toEqual([0, 'between between '])
    expect(done.log().split('\n')).toEqual(['a.written', 'b.sent', 'a.written', 'b.sent'])
  })

  it('kill the process at once when hit, after the hit was logged', () => {
    const done = run({ BRAMBLE_CRASH_AT: 'b.sent' })
    expect([done.signal, done.stdout]).toEqual(['SIGKILL', 'between '])
    expect(done.log().split('\n')).toEqual(['a.written', 'b.sent'])
  })

  it('can wait for a later hit', () => {
    const done = run({ BRAMBLE_CRASH_AT: 'a.written:2' })
    expect([done.signal, done.stdout]).toEqual(['SIGKILL', 'between '])
  })

  it('can be armed by a file while the process runs', () => {
    const file = join(folder, 'armed')
    expect(run({ BRAMBLE_CRASH_FILE: file }).stdout).toBe('between between ')
    writeFileSync(file, 'b.sent')
    const done = run({ BRAMBLE_CRASH_FILE: file })
    expect([done.signal, done.stdout]).toEqual(['SIGKILL', 'between '])
  })

  it('refuse names that nobody declared', () => {
    expect(run({ BRAMBLE_CRASH_AT: 'a.writen' }).stderr).toContain('there is no crash point a.writen, only a.written')
    const own = defineCrashPoints(['c'])
    expect(own.names).toEqual(['c'])
    expect(() => armCrashPoint('c', { afterHits: 0 })).toThrow('once or more')
    expect(() => own('c')).not.toThrow()
  })
})
