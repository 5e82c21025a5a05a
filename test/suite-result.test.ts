import { readReport } from './suite-result.ts'
import type { JestReport } from './suite-result.ts'

const read = (testResults: JestReport['testResults'] | undefined, run = {}) =>
  readReport({
    suite: 'lab',
    report: testResults && { testResults },
    seconds: 60,
    timedOut: false,
    budgetMinutes: 2,
    ...run,
  })
const passed = { fullName: 'a cloudlet is found', status: 'passed' }

it('counts what passed, failed and was skipped', () => {
  const assertionResults = [
    passed,
    {
      fullName: 'a cloudlet is forgotten',
      status: 'failed',
      failureMessages: ['\u001b[31mstill there\u001b[39m\n\n  at x'],
    },
    { fullName: 'a cloudlet moves', status: 'pending' },
  ]
  expect(read([{ name: 'discovery.test.ts', message: '', assertionResults }])).toEqual({
    passed: 1,
    failed: 1,
    skipped: 1,
    skippedTests: ['a cloudlet moves'],
    failures: ['lab: a cloudlet is forgotten\n    still there\n      at x'],
    seconds: 60,
  })
})

it('counts a file that could not be run as failed', () => {
  const files = [
    { name: 'ok.test.ts', message: '', assertionResults: [passed] },
    { name: 'bad.test.ts', message: 'Cannot find module', assertionResults: [] },
  ]
  expect(read(files)).toMatchObject({ passed: 1, failed: 1, failures: ['lab: bad.test.ts\n    Cannot find module'] })
})

it.each([
  [
    'over its time',
    [{ name: 'ok.test.ts', message: '', assertionResults: [passed] }],
    { seconds: 121 },
    'took longer than its 2 min',
  ],
  ['stopped', undefined, { timedOut: true }, 'took longer than its 2 min'],
  ['without a report', undefined, {}, 'ran no test'],
  ['without a test', [], {}, 'ran no test'],
])('counts a suite %s as failed itself', (_, files, run, failure) => {
  expect(read(files, run)).toMatchObject({ failed: 1, failures: [`lab: ${failure}`] })
})
