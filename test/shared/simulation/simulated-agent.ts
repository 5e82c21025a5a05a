// A node agent made of its decisions: plan, lease, judgement of documents and report are those of the product. What they
// decide about is a table of VMs, which take their time to start and to end.
import { DesiredNode, heartbeatMs, toTimestamp } from '@bramble/contracts'
import type { InstanceId, NodeId, ReportNumber } from '@bramble/contracts'
import type { BusMessage, Clock } from '@bramble/kit'
import { sampleHost, sampleMachine } from '../../../services/cluster-master/src/testing/samples.ts'
import type { Domain } from '../../../services/node-agent/src/drivers/driver.ts'
import { createLease } from '../../../services/node-agent/src/lease/lease.ts'
import type { Lease } from '../../../services/node-agent/src/lease/lease.ts'
import { nextExpiryMs } from '../../../services/node-agent/src/lease/plan-expiry.ts'
import { judgeRevision } from '../../../services/node-agent/src/ledger/judge-revision.ts'
import { slotOf } from '../../../services/node-agent/src/ledger/records.ts'
import type { HeardRecord, InstanceRecord } from '../../../services/node-agent/src/ledger/records.ts'
import type { Job } from '../../../services/node-agent/src/jobs.ts'
import { plan } from '../../../services/node-agent/src/plan.ts'
import { buildReport } from '../../../services/node-agent/src/report/build-report.ts'
import { keyOf } from '../../../services/node-agent/src/step.ts'
import type { JobStep, Step } from '../../../services/node-agent/src/step.ts'
import { endExpired } from './end-expired.ts'
import type { Files, Vm } from './end-expired.ts'

export type MakeLease = typeof createLease

export interface AgentParts {
  node: string
  clock: Clock
  send: (report: BusMessage) => void
  startMs: number
  /** A VM that is to end runs on for so long. */
  endMs: number
  makeLease: MakeLease
  /** Whether somebody ends VMs where the agent is dead. */
  hasEndExpired: boolean
}

export interface SimulatedAgent {
  receive(document: BusMessage): void
  /** Instances of which a VM runs here, one entry for each VM. */
  alive(): InstanceId[]
  /** Kills the process: the VMs run on. */
  kill(): void
  start(): void
  /** The host goes down, with all VMs, and forgets no file. */
  powerOff(): void
}

const lookAgainMs = 10_000

export function createSimulatedAgent({ node, clock, send, startMs, endMs, ...parts }: AgentParts): SimulatedAgent {
  const { makeLease, hasEndExpired } = parts
  const vms = new Map<string, Vm>()
  const files: Files = { desired: undefined, heard: undefined }
  const instances = new Map<InstanceId, InstanceRecord>()
  let boot = 0
  let slots = 0
  let run: ReturnType<typeof startRun> | undefined

  const startRun = () => {
    let isOver = false
    const ledger = { heard: () => files.heard, putHeard: async (record: HeardRecord) => void (files.heard = record) }
    const lease: Lease = makeLease(ledger, { bootId: `boot-${boot}`, nowMs: clock.monotonicMs })
    const jobs = new Map<string, Job>()
    const adopted = new Set<string>()
    const limits = { starts: 9, deletes: 9, captures: 1 }
    let cancelAlarm = () => {}

    const after = (ms: number, act: () => void) => clock.after(ms, () => void (isOver || act()))
    const pass = () => {
      const domains: Domain[] = [...vms.values()].map(({ slot: { id, domainUuid } }) => ({
        slotId: id,
        domainUuid,
        state: 'running',
      }))
      const silentMs = lease.silentMs()
      const world = { ...files, instances, captures: new Map(), domains, jobs, adopted, limits, silentMs }
      cancelAlarm()
      const alarmMs = nextExpiryMs(world)
      if (alarmMs !== undefined) cancelAlarm = after(alarmMs, pass)
      const steps = plan(world)
      for (const step of steps) take(step)
      if (steps.length > 0) report()
    }
    const begin = (step: JobStep, ms: number, act: (job: Job) => void) => {
      const job = { step, isAborted: false, signal: new AbortController().signal, show: () => {} }
      jobs.set(keyOf(step), job)
      const end = () => {
        jobs.delete(keyOf(step))
        act(job)
        pass()
      }
      // Never in the pass itself: that is made of one look at the world.
      after(ms, end)
    }
    const become = (id: InstanceId, state: (record: InstanceRecord) => InstanceRecord['state']) => {
      const record = instances.get(id)
      if (record) instances.set(id, { ...record, state: state(record) })
    }
    const end = (id: InstanceId) => vms.delete(slotOf(instances.get(id)!)?.id ?? '')
    const started = (record: InstanceRecord) =>
      ({ phase: 'started', slot: slotOf(record)!, startedAt: clock.now(), timings: {} }) as const

    const take = (step: Step): void => {
      switch (step.kind) {
        case 'abort':
          Object.assign(jobs.get(step.id)!, { isAborted: true })
          return
        case 'allocate':
          return begin(step, 0, () => {
            const id = `${node}-${(slots += 1)}`
            const slot = { id, domainUuid: id, forwards: [] }
            instances.set(step.instance.id, {
              instance: step.instance,
              state: { phase: 'allocated', slot },
              untold: [],
            })
          })
        case 'start':
          return begin(step, startMs, ({ isAborted }) => {
            const slot = slotOf(instances.get(step.id)!)!
            if (isAborted) return
            vms.set(slot.id, { slot, instance: step.id })
            adopted.add(slot.id)
            become(step.id, started)
          })
        case 'awaitReady':
          return begin(step, 0, () =>
            become(step.id, (record) => ({ ...started(record), phase: 'ready', readyAt: clock.now(), clock: 'set' })),
          )
        case 'adopt':
          return begin(step, 0, () => {
            adopted.add(slotOf(instances.get(step.id)!)!.id)
            become(step.id, (record) => (record.state.phase === 'allocated' ? started(record) : record.state))
          })
        case 'fail':
        case 'stop': {
          const { id, problem } = step
          become(id, (record) => ({ phase: 'failed', problem, slot: slotOf(record) }))
          return step.kind === 'stop' ? begin(step, endMs, () => void end(id)) : undefined
        }
        case 'release':
        case 'clear':
          return begin(step, endMs, () => {
            end(step.id)
            if (step.kind === 'release')
              become(step.id, ({ state }) => (state.phase === 'failed' ? { ...state, slot: undefined } : state))
          })
        case 'delete':
          return begin(step, endMs, () => {
            end(step.id)
            become(step.id, () => ({ phase: 'deleted' }))
          })
        case 'forget':
          return begin(step, 0, () => void instances.delete(step.id))
        case 'destroyOrphan':
          return begin(step, endMs, () => void vms.delete(step.domain.slotId))
        default:
          throw new Error(`the simulation has no ${step.kind}`)
      }
    }
    const report = () => {
      const number: ReportNumber = lease.number()
      const { desired } = files
      const cached = { bases: [], overlays: [] }
      // Room for one instance: where one goes depends on where the others are.
      const host = { ...sampleHost, hostname: node, memoryBytes: sampleMachine.memoryBytes }
      const free = { memoryBytes: host.memoryBytes, diskBytes: host.diskBytes }
      const at = toTimestamp(new Date(clock.now()))
      const more = { captures: new Map(), jobs, conflict: undefined, troubles: [] }
      send(buildReport({ node: node as NodeId, at, number, host, free, cached, desired, instances, ...more }))
    }
    const every = (ms: number, act: () => void) => {
      act()
      after(ms, () => every(ms, act))
    }
    every(lookAgainMs, pass)
    every(heartbeatMs, report)

    return {
      receive: (document: DesiredNode) => {
        const judgement = judgeRevision(files.desired, document)
        if (judgement === 'conflict') throw new Error(`two documents under ${JSON.stringify(document.revision)}`)
        if (judgement === 'older') return
        files.desired = judgement === 'newer' ? document : files.desired
        void lease.renew(document.heard)
        pass()
      },
      end: () => {
        isOver = true
        cancelAlarm()
      },
    }
  }
  const kill = () => {
    if (run && hasEndExpired) endExpired({ files, instances, vms, clock })
    run?.end()
    run = undefined
  }

  return {
    receive: (document) => run?.receive(DesiredNode.parse(document)),
    alive: () => [...vms.values()].map(({ instance }) => instance),
    kill,
    start: () => void (run ??= startRun()),
    powerOff: () => {
      kill()
      vms.clear()
      boot += 1
    },
  }
}
