import { createTaskSet, silentLogger } from '@bramble/kit'
import { carryOutOperations } from '../background/carry-out-operations.ts'
import { deriveLiveness } from '../background/derive-liveness.ts'
import { publishDesired } from '../background/publish-desired.ts'
import { recordEvents } from '../background/record-events.ts'
import { replaceLost } from '../background/replace-lost.ts'
import { startEpoch } from '../background/revision-counter.ts'
import { storeObserved } from '../background/store-observed.ts'
import { createReportReceiver } from '../inbox/receive-report.ts'
import type { Master } from '../master.ts'
import { digestOf, sampleMachine } from './samples.ts'

/** The tasks that carry instances, and reports to them; no server. In the order in which a master starts them. */
export async function runTasks(master: Master): Promise<{ stop(): Promise<void> }> {
  const tasks = createTaskSet({ logger: silentLogger(), clock: master.clock })
  const operations = carryOutOperations(master)
  const revisions = await startEpoch(master.store)
  await operations.run(new AbortController().signal)
  tasks.add(recordEvents(master))
  master.work.operations.wakes(tasks.add(operations))
  master.work.nodes.wakes(tasks.add(publishDesired(master, revisions)))
  master.work.observed.wakes(tasks.add(storeObserved(master)))
  tasks.add(deriveLiveness(master))
  tasks.add(replaceLost(master))
  const reports = await master.bus.subscribeReports(createReportReceiver(master))
  tasks.start()
  return {
    stop: async () => {
      await reports.stop()
      await tasks.stop()
    },
  }
}

export const sampleBaseName = 'debian'

export const addSampleBase = ({ records }: Master) =>
  records.bases.insert({
    id: 'ba-00000000000000000000' as never,
    name: sampleBaseName,
    description: '',
    status: 'available',
    digest: digestOf(sampleBaseName),
    machine: sampleMachine,
  })
