// The contract suite of the bus: every adapter passes it, whatever it runs on. It assumes nothing about when a message
// arrives, and uses keys of its own, so that a broker may be shared with other suites.
import { randomUUID } from 'node:crypto'
import type { ReceiverKey } from '@bramble/contracts'
import { desiredContract } from './contract/desired.ts'
import { factsContract } from './contract/facts.ts'
import { reportTtlMs } from './contract/fixture.ts'
import type { BusFixture, BusHarness, BusHarnessOptions } from './contract/fixture.ts'
import { lifecycleContract } from './contract/lifecycle.ts'
import { reportsContract } from './contract/reports.ts'

export type { BusHarness, BusHarnessOptions } from './contract/fixture.ts'
export type MakeBus = (options: BusHarnessOptions) => Promise<BusHarness>

/** `hasBroker`: the harness has `restart`, and the suite uses it. */
export function busContract(name: string, makeBus: MakeBus, { hasBroker = false } = {}): void {
  describe(`bus contract: ${name}`, () => {
    let fixture: BusFixture
    const of = () => fixture

    beforeEach(async () => void (fixture = await makeFixture(makeBus)))
    afterEach(async () => {
      await fixture.bus.close()
      await fixture.harness.remove?.()
    })

    desiredContract(of)
    reportsContract(of)
    factsContract(of)
    lifecycleContract(of, hasBroker)
  })
}

async function makeFixture(makeBus: MakeBus): Promise<BusFixture> {
  const node: ReceiverKey = `node.a-${randomUUID()}`
  const other: ReceiverKey = `node.b-${randomUUID()}`
  const harness = await makeBus({ receivers: [node, other], reportTtlMs })
  return { harness, bus: harness.bus, node, other, factKey: `${node}.instance.ready` }
}
