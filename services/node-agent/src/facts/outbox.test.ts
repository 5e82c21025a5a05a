import { jest } from '@jest/globals'
import { eventually, silentLogger, systemClock } from '@bramble/kit'
import type { InstanceFact, Timestamp } from '@bramble/contracts'
import { openLedger } from '../ledger/ledger.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { memoryStorage } from '../ledger/memory-storage.ts'
import { desiredOf, instanceOf, node, recordOf, slotFor, stateOf } from '../world.fixture.ts'
import { addFact } from './add-fact.ts'
import { createOutbox } from './outbox.ts'

const a = instanceOf(1)
const at = '2026-01-01T00:00:00.000Z' as Timestamp
const tell = (ledger: Ledger, verb: InstanceFact['verb']) =>
  ledger.updateInstance(a.id, (record) =>
    addFact(record ?? recordOf(a, stateOf('ready', slotFor(1))), verb, { node, at }),
  )

function startOutbox(ledger: Ledger, failures: number) {
  const told: string[] = []
  let left = failures
  const publishFact = async (key: string, fact: { type: string }) => {
    if (left-- > 0) throw new Error('connection refused')
    told.push(`${key} ${(fact as InstanceFact).id}`)
  }
  const outbox = createOutbox({ node, ledger, bus: { publishFact }, clock: systemClock, logger: silentLogger() })
  outbox.start()
  return { told, outbox }
}
const keyOf = (verb: string) => `node.${node}.instance.${verb} ${a.id}.${verb}.slot-1`

describe('the outbox', () => {
  it('tells facts in order, and drops them from the ledger once they are confirmed', async () => {
    const ledger = await openLedger(memoryStorage())
    const { told, outbox } = startOutbox(ledger, 0)
    await tell(ledger, 'started')
    await tell(ledger, 'ready')
    await eventually(() => expect(ledger.instances().get(a.id)!.untold).toEqual([]))
    await outbox.stop()
    expect(told).toEqual([keyOf('started'), keyOf('ready')])
  })

  it('keeps them while the bus is down', async () => {
    const ledger = await openLedger(memoryStorage())
    await tell(ledger, 'started')
    const { told, outbox } = startOutbox(ledger, 2)
    await tell(ledger, 'ready')
    await eventually(() => expect(told).toEqual([keyOf('started'), keyOf('ready')]))
    await outbox.stop()
  })

  it('stops while a fact is unconfirmed, and keeps it', async () => {
    const ledger = await openLedger(memoryStorage())
    await tell(ledger, 'started')
    const publishFact = jest.fn(() => new Promise<void>(() => {}))
    const outbox = createOutbox({ node, ledger, bus: { publishFact }, clock: systemClock, logger: silentLogger() })
    outbox.start()
    await eventually(() => expect(publishFact).toHaveBeenCalledTimes(1))
    await outbox.stop()
    expect(ledger.instances().get(a.id)!.untold).toHaveLength(1)
  })

  it('tells again what was confirmed lately when the queue was lost with it', async () => {
    const ledger = await openLedger(memoryStorage())
    await ledger.acceptDesired(desiredOf(1, []))
    const { told, outbox } = startOutbox(ledger, 0)
    await tell(ledger, 'started')
    await tell(ledger, 'ready')
    await eventually(() => expect(told).toHaveLength(2))
    await ledger.acceptDesired({ ...desiredOf(2, []), factsLost: 1 })
    await eventually(() => expect(told.slice(2)).toEqual([keyOf('started'), keyOf('ready')]))
    await ledger.acceptDesired({ ...desiredOf(3, []), factsLost: 1 })
    await tell(ledger, 'failed')
    await eventually(() => expect(told.slice(4)).toEqual([keyOf('failed')]))
    await outbox.stop()
  })

  it('tells what an earlier process had not told', async () => {
    const storage = memoryStorage()
    await tell(await openLedger(storage), 'failed')
    const { told, outbox } = startOutbox(await openLedger(storage), 0)
    await eventually(() => expect(told).toEqual([keyOf('failed')]))
    await outbox.stop()
  })
})

describe('a fact', () => {
  it('that is added twice is one', async () => {
    const ledger = await openLedger(memoryStorage())
    await tell(ledger, 'adopted')
    await tell(ledger, 'adopted')
    expect(ledger.instances().get(a.id)!.untold).toHaveLength(1)
  })
})
