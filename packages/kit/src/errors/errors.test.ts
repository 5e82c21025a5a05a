import { Problem, problems } from '@bramble/contracts'
import { describeError } from './describe-error.ts'
import { isRetryable, ProblemError } from './problem-error.ts'
import { toProblem } from './to-problem.ts'

describe('toProblem', () => {
  it('gives what the table says for the code, with the detail of the case', () => {
    const problem = toProblem(new ProblemError('name_taken', 'web-1 is an instance.'), 'req-1')
    expect(Problem.parse(problem)).toEqual({
      type: 'urn:bramble:problem:name_taken',
      title: problems.name_taken.meaning,
      status: 409,
      code: 'name_taken',
      detail: 'web-1 is an instance.',
      hint: problems.name_taken.hint,
      requestId: 'req-1',
    })
  })

  it('lets a case give its own hint, field errors and missing permission', () => {
    const details = { hint: 'Do so.', errors: [{ path: 'a.0', message: 'no' }], missingPermission: ['admin'] }
    expect(toProblem(new ProblemError('invalid_input', 'bad', details))).toMatchObject(details)
  })

  it.each([new Error('password is hunter2'), 'hunter2', undefined, { a: 'hunter2' }])(
    'tells nothing of an unknown error (%p)',
    (error) => {
      const problem = toProblem(error)
      expect(problem).toMatchObject({ status: 500, code: 'internal' })
      expect(JSON.stringify(problem)).not.toContain('hunter2')
    },
  )
})

describe('describeError', () => {
  const withCode = Object.assign(new Error('permission denied'), { code: 'EACCES' })
  const circular = new Error('a')
  circular.cause = circular

  it.each([
    [
      new Error('start', { cause: new Error('define', { cause: withCode }) }),
      'start: define: permission denied (EACCES)',
    ],
    [new AggregateError([new Error('a'), new Error('b')], 'both'), 'both: a; b'],
    [new AggregateError([new Error('refused')]), 'refused'],
    [circular, 'a'],
    [new TypeError(), 'TypeError'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('case %#', (error, text) => expect(describeError(error)).toBe(text))
})

describe('isRetryable', () => {
  const down = new ProblemError('unavailable', 'store is down')

  it.each([
    [down, true],
    [new Error('writing fact', { cause: down }), true],
    [new ProblemError('not_found', 'no'), false],
    [new Error('bug'), false],
    ['text', false],
  ])('case %#', (error, expected) => expect(isRetryable(error)).toBe(expected))
})
