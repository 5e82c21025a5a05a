import { silentLogger } from '@bramble/kit'
import { createJobs } from './jobs.ts'
import { openLedger } from './ledger/ledger.ts'
import { memoryStorage } from './ledger/memory-storage.ts'
import { createObserver } from './observe.ts'
import { plan } from './plan.ts'
import { desiredOf, instanceOf, recordOf, slotFor, stateOf } from './world.fixture.ts'

const a = instanceOf(1)
const slot = slotFor(1)
const limits = { starts: 4, deletes: 4, captures: 1 }

describe('a VM that begins to run while the domains are listed', () => {
  it('is not taken for one that is gone', async () => {
    const ledger = await openLedger(memoryStorage())
    await ledger.acceptDesired(desiredOf(1, [a]))
    await ledger.updateInstance(a.id, () => recordOf(a, stateOf('allocated', slot)))
    const [runs, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const act = async () => {
      await runs.promise
      await ledger.updateInstance(a.id, () => recordOf(a, stateOf('started', slot)))
    }
    const jobs = createJobs({ act, onEnd: ended.resolve, onShow: () => {}, logger: silentLogger() })
    jobs.start({ kind: 'start', id: a.id })

    const listDomains = async () => {
      // Listed before it ran, answered after its start was written down.
      runs.resolve()
      await ended.promise
      return []
    }
    const lease = { silentMs: () => 0 }
    const observe = createObserver({ ledger, lease, driver: { listDomains }, jobs, adopted: new Set(), limits })
    const world = await observe()
    expect(jobs.running().size).toBe(0)
    expect(plan(world)).toEqual([])
    expect(plan(await observe()).map(({ kind }) => kind)).toEqual(['fail'])
  })
})
