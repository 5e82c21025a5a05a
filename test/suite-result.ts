/** What one suite came to. */
export interface SuiteResult {
  passed: number
  failed: number
  skipped: number
  skippedTests: string[]
  seconds: number
}

/** The part read of the report that `jest --json` writes. */
export interface JestReport {
  testResults: { message: string; name: string; assertionResults: { fullName: string; status: string }[] }[]
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
  if (late) console.log(`  ${suite} took longer than its ${budgetMinutes} min`)
  if (!report && !late) console.log(`  ${suite} wrote no report`)
  return {
    passed: by('passed').length,
    failed: by('failed').length + broken.length + (late || tests.length === 0 ? 1 : 0),
    skipped: skipped.length,
    skippedTests: skipped.map((it) => it.fullName),
    seconds,
  }
}

export const total = (results: SuiteResult[]): Pick<SuiteResult, 'passed' | 'failed' | 'skipped'> => {
  const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((all, it) => all + it[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}
