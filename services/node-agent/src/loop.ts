// The agent's loop. Its job: make what runs on this node the same as the last desired document says, whatever state it
// finds, and keep doing so.
//
//     wait for a reason  ->  observe  ->  plan  ->  apply  ->  report  ->  wait ...
//
// A reason is: a desired document was accepted, the driver saw a domain change, a step ended, the master was told of
// a deletion, the time for which an instance may run without the master is over, or time has passed (events may be lost;
// looking again finds what they would have said). Reasons that come while a pass is under way are one reason for one
// more pass. What a step writes is none: its end is.
//
// The loop has no memory of its own. What must survive is in the ledger, what runs is asked of the hypervisor, and the
// plan is made anew from both. So starting after a crash is nothing special: the first pass finds domains that run and
// adopts them, slots that were allocated and starts them, captures that were begun and fails them.
//
// Applying a step only begins it. Steps run as jobs beside the loop, one per instance, and the plan sees them: a start
// of a minute holds up no deletion of another instance. Each write to the ledger and each word about progress is a
// reason to report. It relies on:
//   - each step being safe to repeat, since a crash may come before its effect is written down;
//   - the ledger being written before the effect where the effect could not be found again (slots, captures);
//   - one agent per state folder.
import { createTask } from '@bramble/kit'
import type { Clock, Logger, Task } from '@bramble/kit'
import type { Jobs } from './jobs.ts'
import type { World } from './observe.ts'
import { nextExpiryMs } from './lease/plan-expiry.ts'
import { plan } from './plan.ts'

/** Also the longest that a domain which vanished without an event goes unnoticed. */
const lookAgainMs = 10_000

export interface LoopOptions {
  observe: () => Promise<World>
  jobs: Jobs
  clock: Clock
  logger: Logger
}

/** `activate()` gives it a reason. While the hypervisor cannot be asked, nothing is judged and nothing is done. */
export function createLoop({ observe, jobs, clock, logger }: LoopOptions): Task {
  let cancelAlarm = () => {}
  const setAlarm = (delayMs: number | undefined) => {
    cancelAlarm()
    cancelAlarm = delayMs === undefined ? () => {} : clock.after(delayMs, () => task.activate())
  }
  const pass = async (stopping: AbortSignal) => {
    const world = await observe()
    const steps = plan(world)
    if (stopping.aborted) return
    setAlarm(nextExpiryMs(world))
    for (const step of steps) {
      if (step.kind === 'abort') jobs.abort(step.id)
      else jobs.start(step)
    }
  }
  const task = createTask({ name: 'loop', run: pass, periodMs: lookAgainMs }, { clock, logger })
  const stop = () => {
    cancelAlarm()
    return task.stop()
  }
  return { ...task, stop }
}
