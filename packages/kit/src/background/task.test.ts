import { setImmediate } from 'node:timers/promises'
import { TaskStatus } from '@bramble/contracts'
import { fakeClock } from '../fake-clock.ts'
import { createLogger, silentLogger } from '../log/logger.ts'
import { createTaskSet } from './task-set.ts'
import type { TaskDefinition } from './task.ts'

/** A task whose runs begin and end when the test says so. */
function makeTask(more: Partial<TaskDefinition> = {}) {
  const clock = fakeClock()
  const lines: { msg: string; level: string }[] = []
  const logger = createLogger({ component: 't', to: { write: (line) => void lines.push(JSON.parse(line)) } })
  const set = createTaskSet({ logger, clock })
  const runs: { end: () => void; fail: (error: Error) => void; stopping: AbortSignal }[] = []
  let running = 0
  let mostRunning = 0
  const activate = set.add({
    name: 'publish-desired',
    periodMs: 1000,
    run: async (stopping) => {
      mostRunning = Math.max(mostRunning, ++running)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      runs.push({ end: resolve, fail: reject, stopping })
      await promise.finally(() => running--)
    },
    ...more,
  })
  const advance = async (ms: number) => {
    clock.advance(ms)
    await setImmediate()
  }
  const endLast = async (error?: Error) => {
    if (error) runs.at(-1)?.fail(error)
    else runs.at(-1)?.end()
    await setImmediate()
  }
  return { set, activate, runs, advance, endLast, lines, mostRunning: () => mostRunning, status: () => set.status()[0] }
}

async function started(more?: Partial<TaskDefinition>) {
  const task = makeTask(more)
  task.set.start()
  await task.advance(0)
  return task
}

describe('a background task', () => {
  it('runs at start, then once per period', async () => {
    const { runs, advance, endLast } = await started()
    expect(runs).toHaveLength(1)
    await endLast()
    await advance(999)
    expect(runs).toHaveLength(1)
    await advance(1)
    expect(runs).toHaveLength(2)
  })

  it('does nothing before start', async () => {
    const { activate, runs, advance } = makeTask()
    activate()
    await advance(5000)
    expect(runs).toHaveLength(0)
  })

  it('runs at once when signalled, and counts the period from that run', async () => {
    const { activate, runs, advance, endLast } = await started()
    await endLast()
    await advance(400)
    activate()
    await advance(0)
    expect(runs).toHaveLength(2)
    await endLast()
    await advance(999)
    expect(runs).toHaveLength(2)
    await advance(1)
    expect(runs).toHaveLength(3)
  })

  it('makes exactly one more run of any number of signals during a run', async () => {
    const { activate, runs, advance, endLast, mostRunning } = await started()
    for (let n = 0; n < 5; n++) activate()
    await advance(5000)
    expect(runs).toHaveLength(1)
    await endLast()
    await advance(0)
    expect(runs).toHaveLength(2)
    await endLast()
    await advance(0)
    expect(runs).toHaveLength(2)
    expect(mostRunning()).toBe(1)
  })

  it('keeps its minimum interval', async () => {
    const { activate, runs, advance, endLast } = await started({ minIntervalMs: 100 })
    await endLast()
    activate()
    await advance(99)
    expect(runs).toHaveLength(1)
    activate()
    await advance(1)
    expect(runs).toHaveLength(2)
  })

  it('tries again with growing pauses, and no signal shortens them', async () => {
    const { activate, runs, advance, endLast } = await started()
    await endLast(new Error('store is down'))
    activate()
    await advance(50)
    expect(runs).toHaveLength(1)
    await advance(50)
    expect(runs).toHaveLength(2)
    await endLast(new Error('store is down'))
    await advance(100)
    expect(runs).toHaveLength(2)
    await advance(100)
    expect(runs).toHaveLength(3)
  })

  it('logs a failure once, and its end', async () => {
    const { advance, endLast, lines, status } = await started()
    for (let n = 0; n < 3; n++) {
      await endLast(new Error('store is down', { cause: new Error('ECONNREFUSED') }))
      await advance(10_000)
    }
    expect(status()).toMatchObject({ failures: 3, lastError: 'store is down: ECONNREFUSED', running: true })
    await endLast()
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'task failed, will be tried again'],
      ['info', 'task works again'],
    ])
    expect(status()?.lastError).toBeUndefined()
  })

  it('tells how it is doing, in the shape the API serves', async () => {
    const { advance, endLast, status } = await started()
    await advance(30)
    expect(TaskStatus.parse(status())).toEqual({
      name: 'publish-desired',
      periodMs: 1000,
      runs: 1,
      failures: 0,
      running: true,
      lastStartedAt: '2026-01-01T00:00:00.000Z',
    })
    await endLast()
    expect(status()).toMatchObject({ running: false, lastDurationMs: 30 })
  })

  it('stops: asks the run under way to end, waits for it, and begins no other', async () => {
    const { set, activate, runs, advance } = await started()
    activate()
    let isStopped = false
    const stopped = set.stop().then(() => (isStopped = true))
    await advance(0)
    expect(runs[0]?.stopping.aborted).toBe(true)
    expect(isStopped).toBe(false)
    runs[0]?.end()
    await stopped
    await advance(5000)
    expect(runs).toHaveLength(1)
  })
})

describe('a set of tasks', () => {
  it('refuses two of one name', () => {
    const set = createTaskSet({ logger: silentLogger() })
    const task = { name: 'a', periodMs: 1, run: () => {} }
    set.add(task)
    expect(() => set.add(task)).toThrow('two tasks named a')
  })
})
