import { createInProcessBus, fakeClock, silentLogger, systemClock } from '@bramble/kit'
import type { FakeClock } from '@bramble/kit'
import { MasterConfig } from '../config.ts'
import { createMaster } from '../create-master.ts'
import type { Master } from '../master.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import type { Store } from '../store/store.ts'
import { sampleArtifacts } from './samples.ts'

export interface MadeMaster {
  master: Master
  clock: FakeClock
  /** Another one on what the first has stored. */
  again(): Promise<Master>
  stop(): Promise<void>
}

/** What the tasks work with, without any of them: no server, and time that the test moves. */
export async function makeMaster(over: (store: Store) => Store = (store) => store): Promise<MadeMaster> {
  const clock = fakeClock()
  const store = over(openSqliteStore({ path: ':memory:', clock: systemClock }))
  const bus = createInProcessBus({ logger: silentLogger() })
  const make = () =>
    createMaster({
      config: MasterConfig.parse({}),
      clock,
      logger: silentLogger(),
      store,
      bus,
      readiness: { demand: () => {} },
      artifacts: sampleArtifacts(),
      agentTrust: { kind: 'key', keyOf: () => '' },
      written: () => {},
    })
  return {
    master: await make(),
    clock,
    again: make,
    stop: async () => {
      await bus.close()
      await store.close()
    },
  }
}
