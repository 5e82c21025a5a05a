import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** The state that lab tests share is left to the teardown. */
const expected = ['prepared']

/** Nothing outlives a suite: no process that it started, no file that it made. */
export default function tearDown(): void {
  const folder = process.env['BRAMBLE_TEST_RUN']
  if (!folder) return
  const processes = processesMarked(folder)
  const files = readdirSync(folder).filter((name) => !expected.includes(name))
  rmSync(folder, { recursive: true, force: true })
  if (processes.length + files.length === 0) return
  throw new Error(`the suite left behind:\n${[...processes, ...files.map((name) => join(folder, name))].join('\n')}`)
}

function processesMarked(folder: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const isMarked = (pid: string) => read(pid, 'environ').split('\0').includes(`BRAMBLE_TEST_RUN=${folder}`)
  return pids.filter(isMarked).map((pid) => `process ${pid}: ${read(pid, 'cmdline').replaceAll('\0', ' ')}`)
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
