import type { TaskStatus } from '@bramble/contracts'
import { systemClock } from '../time.ts'
import type { Clock } from '../time.ts'
import type { Logger } from '../log/logger.ts'
import { createTask } from './task.ts'
import type { Task, TaskDefinition, TaskObserver } from './task.ts'

export interface TaskSetOptions {
  logger: Logger
  clock?: Clock
  observer?: TaskObserver
}

/** The background tasks of a service. */
export interface TaskSet {
  /** Adds a task; the returned function signals it. A task added after `start` begins at once. */
  add(definition: TaskDefinition): () => void
  start(): void
  /** Waits for the runs that are under way. */
  stop(): Promise<void>
  status(): TaskStatus[]
}

export function createTaskSet({ logger, clock = systemClock, observer }: TaskSetOptions): TaskSet {
  const tasks = new Map<string, Task>()
  let isStarted = false
  return {
    add: (definition) => {
      if (tasks.has(definition.name)) throw new Error(`there are two tasks named ${definition.name}`)
      const task = createTask(definition, { logger, clock, ...(observer && { observer }) })
      tasks.set(definition.name, task)
      if (isStarted) task.start()
      return task.activate
    },
    start: () => {
      isStarted = true
      for (const task of tasks.values()) task.start()
    },
    stop: async () => void (await Promise.all([...tasks.values()].map((task) => task.stop()))),
    status: () => [...tasks.values()].map(statusOf),
  }
}

function statusOf({ definition: { name, periodMs }, state }: Task): TaskStatus {
  return { name, periodMs, ...state }
}
