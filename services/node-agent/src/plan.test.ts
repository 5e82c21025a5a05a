import type { DesiredInstance } from '@bramble/contracts'
import type { Domain } from './drivers/driver.ts'
import type { CaptureRecord, InstanceState } from './ledger/records.ts'
import { plan } from './plan.ts'
import type { Step } from './step.ts'
import { captureOf, instanceOf, jobOf, recordOf, slotFor, stateOf, worldOf } from './world.fixture.ts'

const a = instanceOf(1)
const slot = slotFor(1)
const domain = (state: Domain['state']): Domain => ({ slotId: slot.id, domainUuid: slot.domainUuid, state })
const kinds = (steps: Step[]) => steps.map(({ kind }) => kind)

interface Case {
  phase: InstanceState['phase']
  seen: Domain['state'] | 'none'
  adopted?: boolean
  wanted?: boolean
  expect: Step['kind'][]
}

const cases: Case[] = [
  { phase: 'allocated', seen: 'none', expect: ['start'] },
  { phase: 'allocated', seen: 'incoming', expect: ['clear'] },
  { phase: 'allocated', seen: 'stopped', expect: ['clear'] },
  { phase: 'allocated', seen: 'paused', expect: ['clear'] },
  { phase: 'allocated', seen: 'running', expect: ['adopt'] },
  { phase: 'started', seen: 'running', expect: ['adopt'] },
  { phase: 'started', seen: 'running', adopted: true, expect: ['awaitReady'] },
  { phase: 'started', seen: 'paused', adopted: true, expect: ['awaitReady'] },
  { phase: 'started', seen: 'stopped', expect: ['fail'] },
  { phase: 'started', seen: 'none', expect: ['fail'] },
  { phase: 'ready', seen: 'running', expect: ['adopt'] },
  { phase: 'ready', seen: 'running', adopted: true, expect: [] },
  { phase: 'ready', seen: 'paused', adopted: true, expect: [] },
  { phase: 'ready', seen: 'stopped', adopted: true, expect: ['fail'] },
  { phase: 'ready', seen: 'none', adopted: true, expect: ['fail'] },
  { phase: 'failed', seen: 'none', expect: ['release'] },
  { phase: 'failed', seen: 'running', expect: ['release'] },
  { phase: 'deleted', seen: 'none', expect: ['forget'] },
  { phase: 'allocated', seen: 'none', wanted: false, expect: ['delete'] },
  { phase: 'started', seen: 'running', wanted: false, expect: ['delete'] },
  { phase: 'ready', seen: 'running', adopted: true, wanted: false, expect: ['delete'] },
  { phase: 'failed', seen: 'none', wanted: false, expect: ['delete'] },
  { phase: 'deleted', seen: 'none', wanted: false, expect: ['forget'] },
]

describe('plan for an instance', () => {
  it.each(cases)('$phase, domain $seen, adopted $adopted, wanted $wanted: $expect', (it) => {
    const world = worldOf({
      wanted: it.wanted === false ? [] : [a],
      records: [recordOf(a, stateOf(it.phase, slot))],
      domains: it.seen === 'none' ? [] : [domain(it.seen)],
      adopted: it.adopted ? [slot.id] : [],
    })
    expect(kinds(plan(world))).toEqual(it.expect)
  })

  it('allocates what is new, and nothing twice', () => {
    expect(plan(worldOf({ wanted: [a, a] }))).toEqual([{ kind: 'allocate', instance: a }])
    expect(plan(worldOf({ wanted: [a], jobs: [jobOf({ kind: 'allocate', instance: a })] }))).toEqual([])
  })

  it('keeps a failed instance whose slot was released as it is', () => {
    const failed = recordOf(a, stateOf('failed', undefined))
    expect(plan(worldOf({ wanted: [a], records: [failed] }))).toEqual([])
  })

  it('does not forget a deleted instance before its facts were told', () => {
    const untold = [{ id: 'x' }] as never
    expect(plan(worldOf({ wanted: [], records: [{ ...recordOf(a, { phase: 'deleted' }), untold }] }))).toEqual([])
  })

  it('judges nothing that a job works on', () => {
    const records = [recordOf(a, stateOf('started', slot))]
    const jobs = [jobOf({ kind: 'awaitReady', id: a.id })]
    expect(plan(worldOf({ wanted: [a], records, jobs, domains: [] }))).toEqual([])
  })

  it.each(['start', 'awaitReady'] as const)('aborts %s when the instance is no longer wanted, once', (kind) => {
    const records = [recordOf(a, stateOf(kind === 'start' ? 'allocated' : 'started', slot))]
    const during = (isAborted: boolean) =>
      plan(worldOf({ wanted: [], records, jobs: [jobOf({ kind, id: a.id }, isAborted)] }))
    expect(during(false)).toEqual([{ kind: 'abort', id: a.id }])
    expect(during(true)).toEqual([])
  })
})

describe('plan before any desired document is known', () => {
  it('removes nothing', () => {
    const records = [recordOf(a, stateOf('ready', slot))]
    const stranger: Domain = { slotId: 'stranger', domainUuid: 'u', state: 'running' }
    const world = worldOf({ wanted: undefined, records, domains: [domain('running'), stranger] })
    expect(kinds(plan(world))).toEqual(['adopt'])
  })
})

describe('plan for domains', () => {
  it('destroys those of ours that the ledger does not know', () => {
    const stranger: Domain = { slotId: 'stranger', domainUuid: 'u', state: 'running' }
    expect(plan(worldOf({ wanted: [], domains: [stranger] }))).toEqual([{ kind: 'destroyOrphan', domain: stranger }])
  })
})

describe('plan within limits', () => {
  const many = Array.from({ length: 10 }, (_, index) => instanceOf(index))

  it('starts no more than allowed, counting what runs', () => {
    const jobs = [jobOf({ kind: 'start', id: many[0]!.id })]
    const records = [recordOf(many[0]!, stateOf('allocated', slotFor(0)))]
    const world = worldOf({ wanted: many, records, jobs, limits: { starts: 4, deletes: 1, captures: 1 } })
    expect(plan(world)).toHaveLength(3)
  })

  it('finishes launches before it begins others', () => {
    const records = [recordOf(many[9]!, stateOf('allocated', slotFor(9)))]
    const world = worldOf({ wanted: many, records, limits: { starts: 1, deletes: 1, captures: 1 } })
    expect(plan(world)).toEqual([{ kind: 'start', id: many[9]!.id }])
  })

  it('deletes while all places for starts are taken', () => {
    const jobs = [jobOf({ kind: 'start', id: many[0]!.id })]
    const records = [
      recordOf(many[0]!, stateOf('allocated', slotFor(0))),
      recordOf(many[1]!, stateOf('failed', undefined)),
    ]
    const world = worldOf({ wanted: [many[0]!], records, jobs, limits: { starts: 1, deletes: 1, captures: 1 } })
    expect(kinds(plan(world))).toEqual(['delete'])
  })
})

describe('plan for captures', () => {
  const capture = captureOf(1, a)
  const ready = recordOf(a, stateOf('ready', slot))
  const planWith = (more: {
    wanted?: DesiredInstance[]
    phase?: InstanceState['phase']
    known?: CaptureRecord[]
    named?: boolean
    jobs?: ReturnType<typeof jobOf>[]
  }) =>
    plan(
      worldOf({
        wanted: more.wanted ?? [a],
        records: more.phase ? [recordOf(a, stateOf(more.phase, slot))] : [ready],
        captures: more.named === false ? [] : [capture],
        known: more.known ?? [],
        jobs: more.jobs ?? [],
        domains: [domain('running')],
        adopted: [slot.id],
      }),
    )
  const interrupted = expect.objectContaining({ code: 'capture_interrupted' })

  it('takes one of a ready instance', () => {
    expect(planWith({})).toEqual([{ kind: 'capture', capture }])
  })
  it('waits for an instance that is not ready yet', () => {
    expect(kinds(planWith({ phase: 'started' }))).toEqual(['awaitReady'])
  })
  it('fails one of an instance that will not run', () => {
    expect(kinds(planWith({ phase: 'failed' }))).toContain('failCapture')
    expect(kinds(planWith({ wanted: [] }))).toEqual(['delete', 'failCapture'])
  })
  it('never repeats one that was begun', () => {
    expect(planWith({ known: [{ capture }] })).toEqual([{ kind: 'failCapture', capture, problem: interrupted }])
  })
  it('leaves one that is under way alone, and takes no second one beside it', () => {
    const jobs = [jobOf({ kind: 'capture', capture })]
    expect(planWith({ known: [{ capture }], jobs })).toEqual([])
    expect(planWith({ jobs: [jobOf({ kind: 'capture', capture: captureOf(2, a) })] })).toEqual([])
  })
  it('forgets an outcome only when it is no longer named', () => {
    const known: CaptureRecord[] = [{ capture, outcome: { status: 'failed', problem: {} as never } }]
    expect(planWith({ known })).toEqual([])
    expect(planWith({ known, named: false })).toEqual([{ kind: 'forgetCapture', id: capture.id }])
  })
})
