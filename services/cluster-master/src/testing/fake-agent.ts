// A node in a few lines: it obeys every desired document at once and reports. Tests and the control bench drive the
// master with it; what a real agent does in between is its own tests' business.
import { receiverKey, toTimestamp } from '@bramble/contracts'
import type { CaptureOutcome, DesiredCapture, DesiredInstance, DesiredNode } from '@bramble/contracts'
import type { HostFacts, NodeId, ObservedInstance, ReportNode } from '@bramble/contracts'
import type { Bus } from '@bramble/kit'
import { sampleHost } from './samples.ts'

export interface FakeAgentOptions {
  bus: Bus
  node: NodeId
  host?: Partial<HostFacts>
  free?: ReportNode['free']
  /** The run of the agent that its reports are of. */
  session?: () => string
  /** How an instance fares; it runs when absent. */
  fare?: (instance: DesiredInstance) => Partial<ObservedInstance>
  /** How a capture ends; it goes on for ever when absent. */
  capture?: (capture: DesiredCapture) => CaptureOutcome
}

export interface FakeAgent {
  /** The newest document that it was sent. */
  desired(): DesiredNode | undefined
  /** How often it was sent one. */
  received(): number
  report(more?: Partial<ReportNode>): Promise<void>
  stop(): Promise<void>
}

export async function startFakeAgent(options: FakeAgentOptions): Promise<FakeAgent> {
  const { bus, node, session = () => 'only', fare = () => ({}), capture } = options
  const key = receiverKey('node', node)
  const host = { ...sampleHost, hostname: node, ...options.host }
  let desired: DesiredNode | undefined
  let received = 0
  let nextPort = 20_000
  let sequence = 0
  const ports = new Map<string, number>()

  const observe = (instance: DesiredInstance): ObservedInstance => ({
    id: instance.id,
    ...(instance.incarnation !== undefined && { incarnation: instance.incarnation }),
    phase: 'running',
    forwards: instance.publish.map(({ hostPort, ...publish }) => {
      const slot = `${instance.id} ${publish.guestPort}`
      const port = hostPort ?? ports.get(slot) ?? nextPort++
      ports.set(slot, port)
      return { ...publish, hostAddress: '127.0.0.1', hostPort: port }
    }),
    timings: { readyMs: 1, totalMs: 2 },
    ...fare(instance),
  })
  const report: FakeAgent['report'] = (more = {}) =>
    bus.publishReport(key, {
      type: 'report.node.v1',
      node,
      at: toTimestamp(new Date()),
      session: session(),
      sequence: ++sequence,
      ...(desired && { obeys: desired.revision }),
      host,
      free: options.free ?? { memoryBytes: host.memoryBytes, diskBytes: host.diskBytes },
      instances: desired?.instances.map(observe) ?? [],
      captures: capture ? (desired?.captures.map(capture) ?? []) : [],
      cachedBases: [],
      cachedOverlays: [],
      ...more,
    } satisfies ReportNode)

  const subscription = await bus.subscribeDesired(key, async ({ body }) => {
    desired = body as DesiredNode
    received += 1
    await report()
  })
  await report()
  return { desired: () => desired, received: () => received, report, stop: () => subscription.stop() }
}
