import { makeProblem } from '@bramble/contracts'
import type { Instance, WhenLost } from '@bramble/contracts'
import { isReleased, isToReplace } from './replacement.ts'

const instance = (policy: WhenLost['policy'] | undefined, phase: Instance['status']['phase'], code = 'guest_stopped') =>
  ({
    ...(policy && { whenLost: { policy } }),
    status: { phase, ...(phase === 'failed' && { problem: makeProblem(code as 'lost_master', '') }) },
  }) as unknown as Instance
const lost = { liveness: 'lost', silentMs: 120_000 } as const
const ready = { liveness: 'ready', silentMs: 10 } as const

describe('an instance', () => {
  it.each([
    ['runs on a lost node', instance('replace', 'running'), lost, true],
    ['waits on a lost node', instance('replace', 'pending'), lost, true],
    ['is being deleted', instance('replace', 'deleting'), lost, false],
    ['failed by itself', instance('replace', 'failed'), lost, false],
    ['was stopped by its node, which is back', instance('replace', 'failed', 'lost_master'), ready, true],
    ['is to be stopped only', instance('stop', 'running'), lost, false],
    ['was stopped only', instance('stop', 'failed', 'lost_master'), ready, false],
    ['is to be kept', instance('keep', 'running'), lost, false],
    ['has no policy', instance(undefined, 'running'), lost, false],
    ['runs on a suspect node', instance('replace', 'running'), { liveness: 'suspect', silentMs: 200_000 }, false],
    ['is on a node that an earlier master lost', instance('replace', 'running'), { ...lost, silentMs: 119_999 }, false],
  ] as const)('that %s', (_what, it, node, expected) => expect(isToReplace(it, node)).toBe(expected))
})

describe('its old VM cannot run any more', () => {
  it.each([
    ['its node confirmed that it is gone', { isGone: true, leftAtMs: 1000, heardAtMs: 1000 }, 1000, true],
    ['its node is silent for long', { isGone: false, leftAtMs: 120_000, heardAtMs: 0 }, 120_000, true],
    ['its node is not silent for long enough', { isGone: false, leftAtMs: 119_999, heardAtMs: 0 }, 119_999, false],
    ['its node came back, and left it out for long', { isGone: false, leftAtMs: 0, heardAtMs: 119_000 }, 120_000, true],
    ['its node came back a moment ago', { isGone: false, leftAtMs: 100_000, heardAtMs: 119_000 }, 120_000, false],
  ])('%s', (_what, leaving, nowMs, expected) => expect(isReleased(leaving, nowMs)).toBe(expected))
})
