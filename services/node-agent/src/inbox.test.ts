import { createInProcessBus, createLogger, eventually, silentLogger, systemClock } from '@bramble/kit'
import { receiverKey } from '@bramble/contracts'
import type { DesiredNode } from '@bramble/contracts'
import { startInbox } from './inbox.ts'
import { createLease } from './lease/lease.ts'
import { openLedger } from './ledger/ledger.ts'
import { memoryStorage } from './ledger/memory-storage.ts'
import { bootClockOf, desiredOf, instanceOf, node } from './world.fixture.ts'

const a = instanceOf(1)

async function startTestInbox() {
  const log: { level: string; msg: string }[] = []
  const logger = createLogger({ component: 't', to: { write: (line) => void log.push(JSON.parse(line)) } })
  const bus = createInProcessBus({ logger: silentLogger() })
  const ledger = await openLedger(memoryStorage())
  const ignore = () => {}
  const lease = createLease(ledger, bootClockOf(systemClock))
  const context = { node, ledger, lease, clock: systemClock, logger }
  const inbox = startInbox(context, { bus, onAccepted: ignore, onConflict: ignore })
  return {
    inbox,
    ledger,
    warnings: () => log.filter(({ level }) => level === 'warn').map(({ msg }) => msg),
    want: (document: DesiredNode) => bus.publishDesired(receiverKey('node', node), document),
    [Symbol.asyncDispose]: async () => {
      await inbox.stop()
      await bus.close()
    },
  }
}

describe('documents of an earlier epoch', () => {
  it('fail the check and are told once, until the epoch that is obeyed is heard of again', async () => {
    await using bed = await startTestInbox()
    const fails = () => eventually(() => expect(bed.inbox.check).toThrow('sends documents of epoch 1, this node obeys'))
    const isWell = () => eventually(() => expect(bed.inbox.check).not.toThrow())
    await bed.want(desiredOf(7, [a], [], 5))
    await eventually(() => expect(bed.ledger.desired()?.revision.n).toBe(7))
    await bed.want(desiredOf(1, [], [], 1))
    await fails()
    await bed.want(desiredOf(2, [], [], 1))
    expect(bed.ledger.desired()).toEqual(desiredOf(7, [a], [], 5))
    await bed.want(desiredOf(7, [a], [], 5))
    await isWell()
    expect(bed.warnings()).toHaveLength(1)
    await bed.want(desiredOf(3, [], [], 1))
    await fails()
    await bed.want(desiredOf(1, [], [], 6))
    await isWell()
    expect(bed.ledger.desired()?.revision.epoch).toBe(6)
    expect(bed.warnings()).toHaveLength(2)
  })

  it('are not what is late within an epoch', async () => {
    await using bed = await startTestInbox()
    await bed.want(desiredOf(7, [a], [], 5))
    await eventually(() => expect(bed.ledger.desired()?.revision.n).toBe(7))
    await bed.want(desiredOf(6, [], [], 5))
    await bed.want(desiredOf(8, [a], [], 5))
    await eventually(() => expect(bed.ledger.desired()?.revision.n).toBe(8))
    expect(bed.inbox.check).not.toThrow()
    expect(bed.warnings()).toEqual([])
  })
})
