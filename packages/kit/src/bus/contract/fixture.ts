import type { FactKey, ReceiverKey } from '@bramble/contracts'
import type { Bus, BusMessage, DeadFact, Delivery } from '../bus.ts'

export interface BusHarness {
  bus: Bus
  /** Puts bytes where facts go, as a foreign sender could. */
  publishFactBytes(key: string, bytes: Buffer): Promise<void>
  /** Kills and restarts the broker: confirmed facts and desired documents must survive. Absent where there is none. */
  restart?(): Promise<void>
  /** Removes all that the harness made; the bus is closed before. */
  remove?(): Promise<void>
}

export interface BusHarnessOptions {
  /** Receivers whose queues must exist. */
  receivers: ReceiverKey[]
  reportTtlMs: number
}

/** What one test of the suite works with: a fresh bus, and receivers that no other test uses. */
export interface BusFixture {
  harness: BusHarness
  bus: Bus
  node: ReceiverKey
  other: ReceiverKey
  factKey: FactKey
}

export const reportTtlMs = 400

export const desired = (n: number, more: object = {}): BusMessage =>
  ({ type: 'desired.node.v1', n, ...more }) as BusMessage
export const report = (n: number) => ({ type: 'report.node.v1', n })
export const fact = (id: string) => ({ type: 'fact.instance.v1', id })

export function recorder() {
  const all: Delivery[] = []
  const field = (name: string) => all.map(({ body }) => (body as unknown as Record<string, unknown>)[name])
  return {
    all,
    take: (delivery: Delivery) => void all.push(delivery),
    numbers: () => field('n') as number[],
    ids: () => field('id') as string[],
  }
}

export function makeGate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

export async function deadOf(bus: Bus): Promise<DeadFact[]> {
  const dead: DeadFact[] = []
  await bus.subscribeDead((fact) => void dead.push(fact))
  return dead
}
