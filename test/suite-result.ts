import { stripVTControlCharacters } from 'node:util'

/** What one suite came to. */
export interface SuiteResult {
  passed: number
  failed: number
  skipped: number
  skippedTests: string[]
  /** Each with the first lines of what was wrong. */
  failures: string[]
  seconds: number
}

/** The part read of the report that `jest --json` writes. */
export interface JestReport {
  testResults: { message: string; name: string; assertionResults: Assertion[] }[]
}

interface Assertion {
  fullName: string
  status: string
  failureMessages?: string[] | null
}

interface Run {
  suite: string
  report: JestReport | undefined
  seconds: number
  timedOut: boolean
  budgetMinutes: number
}

/** Counts a suite's tests. Over its budget, without a report or without a test, the suite itself counts as one failure. */
export const readReport = ({ suite, report, seconds, timedOut, budgetMinutes }: Run): SuiteResult => {
  const tests = (report?.testResults ?? []).flatMap((file) => file.assertionResults)
  const by = (...statuses: string[]) => tests.filter((it) => statuses.includes(it.status))
  const broken = (report?.testResults ?? []).filter((file) => file.message && file.assertionResults.length === 0)
  const late = timedOut || seconds > budgetMinutes * 60
  const skipped = by('pending', 'todo', 'skipped', 'disabled')
  const ofSuite = late ? [`took longer than its ${budgetMinutes} min`] : tests.length === 0 ? ['ran no test'] : []
  const failures = [
    ...by('failed').map((it) => describe(it.fullName, it.failureMessages?.[0])),
    ...broken.map((it) => describe(it.name, it.message)),
    ...ofSuite,
  ]
  return {
    passed: by('passed').length,
    failed: failures.length,
    skipped: skipped.length,
    skippedTests: skipped.map((it) => it.fullName),
    failures: failures.map((it) => `${suite}: ${it}`),
    seconds,
  }
}

const linesShown = 8
const describe = (name: string, message = ''): string => {
  const lines = stripVTControlCharacters(message).split('\n')
  return [name, ...lines.filter((it) => it.trim() !== '').slice(0, linesShown)].join('\n    ')
}

export const total = (results: SuiteResult[]): Pick<SuiteResult, 'passed' | 'failed' | 'skipped'> => {
  const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((all, it) => all + it[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}
