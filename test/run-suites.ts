import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import allowedSkips from './allowed-skips.json' with { type: 'json' }
import { type JestReport, readReport, type SuiteResult, total } from './suite-result.ts'

// Runs each suite as one jest project with a budget of minutes: a suite that takes longer has failed.
// With CI=true a skipped test that allowed-skips.json does not name is a failure too.

/** Half as much again as on two quiet cores, and more. */
const budgetMinutes = { unit: 3, contracts: 6, system: 8, processes: 8, lab: 8, faults: 18, compose: 8, walk: 14 }
type Suite = keyof typeof budgetMinutes
/** Contracts mostly wait for servers; in the other suites a test has the machine for itself. */
const inParallel: ReadonlySet<Suite> = new Set(['unit', 'contracts'])
/** Full counts take their time. */
const minutes = (suite: Suite, full: boolean): number => budgetMinutes[suite] * (full ? 10 : 1)
const root = join(import.meta.dirname, '..')

const runJest = (suite: Suite, reportPath: string, full: boolean): Promise<{ timedOut: boolean }> =>
  new Promise((resolve) => {
    const args = [
      '--experimental-vm-modules',
      '--no-warnings',
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      suite,
    ]
    const workers = inParallel.has(suite) ? '--maxWorkers=100%' : '--runInBand'
    const child = spawn(process.execPath, [...args, workers, '--json', `--outputFile=${reportPath}`, '--forceExit'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, BRAMBLE_FULL: full ? '1' : '' },
      detached: true,
    })
    let timedOut = false
    let killer: NodeJS.Timeout | undefined
    const budgetMs = minutes(suite, full) * 60_000
    const timer = setTimeout(() => {
      timedOut = true
      process.kill(-child.pid!, 'SIGTERM')
      killer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 5_000)
    }, budgetMs)
    child.on('close', () => {
      clearTimeout(timer)
      clearTimeout(killer)
      resolve({ timedOut })
    })
  })

const runSuite = async (suite: Suite, full: boolean): Promise<SuiteResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'bramble-suite-'))
  const started = performance.now()
  try {
    const { timedOut } = await runJest(suite, join(folder, 'report.json'), full)
    const report = await readFile(join(folder, 'report.json'), 'utf8')
      .then((text) => JSON.parse(text) as JestReport)
      .catch(() => undefined)
    const seconds = (performance.now() - started) / 1000
    return readReport({ suite, report, seconds, timedOut, budgetMinutes: minutes(suite, full) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const forbidSkips = (result: SuiteResult): SuiteResult => {
  const names = new Set((allowedSkips as { test: string; reason: string }[]).map((it) => it.test))
  const forbidden = process.env.CI === 'true' ? result.skippedTests.filter((it) => !names.has(it)) : []
  return {
    ...result,
    failed: result.failed + forbidden.length,
    skipped: result.skipped - forbidden.length,
    failures: [
      ...result.failures,
      ...forbidden.map((test) => `skipped without a reason in test/allowed-skips.json: ${test}`),
    ],
  }
}

const main = async (): Promise<number> => {
  const names = process.argv.slice(2).filter((it) => it !== '--full')
  const unknown = names.filter((it) => !(it in budgetMinutes))
  if (unknown.length) {
    console.error(`there is no suite ${unknown.join(', ')}; there are: ${Object.keys(budgetMinutes).join(', ')}`)
    return 2
  }
  const suites = (names.length ? names : Object.keys(budgetMinutes)) as Suite[]
  const results: SuiteResult[] = []
  for (const suite of suites) {
    const result = forbidSkips(await runSuite(suite, process.argv.includes('--full')))
    results.push(result)
    const { passed, failed, skipped, seconds } = result
    console.log(`${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds.toFixed(0)} s`)
  }
  const failures = results.flatMap((it) => it.failures)
  if (failures.length) console.log(['', 'What failed:', ...failures].join('\n  '))
  const { passed, failed, skipped } = total(results)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed > 0 || passed === 0 ? 1 : 0
}

process.exitCode = await main()
