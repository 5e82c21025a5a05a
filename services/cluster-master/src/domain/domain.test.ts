import type { InstanceStatus, ObservedInstance, Probe, Service, Timestamp } from '@bramble/contracts'
import type { Change } from '../store/store.ts'
import { eventOfChange, eventsOfChange } from './event-of-change.ts'
import { mergeService } from './merge-service.ts'
import { isGone, isWorthStoring } from './observed.ts'
import { forwardsOf, repeatedHostPorts } from './prepare-launch.ts'

const tcp = (guestPort: number, hostPort?: number) => ({
  guestPort,
  protocol: 'tcp' as const,
  ...(hostPort !== undefined && { hostPort }),
})

describe('forwards', () => {
  const ports = [{ name: 'http', port: 80, protocol: 'tcp' as const }]
  const probe = { kind: 'http', port: 9000 } as Probe

  it.each([
    ['the ports of the service', forwardsOf([], { ports }), [{ name: 'http', ...tcp(80) }]],
    ['with the host port asked for', forwardsOf([tcp(80, 8080)], { ports }), [{ name: 'http', ...tcp(80, 8080) }]],
    ['and others asked for', forwardsOf([tcp(22, 2222)]), [tcp(22, 2222)]],
    [
      'and twice, when asked twice',
      forwardsOf([tcp(80, 1), tcp(80, 2)], { ports }),
      [{ name: 'http', ...tcp(80, 1) }, tcp(80, 2)],
    ],
    ['and the probed one', forwardsOf([], { ports, probe }), [{ name: 'http', ...tcp(80) }, tcp(9000)]],
    ['once', forwardsOf([tcp(9000, 9)], { ports: [], probe }), [tcp(9000, 9)]],
  ])('are %s', (_what, forwards, expected) => expect(forwards).toEqual(expected))

  it('ask for a host port once', () => {
    expect(repeatedHostPorts([tcp(80, 1), tcp(81, 1), tcp(82), tcp(83)])).toEqual(['tcp/1'])
    expect(repeatedHostPorts([tcp(80, 1), { ...tcp(81, 1), protocol: 'udp' }])).toEqual([])
  })
})

describe('a merge patch of a service', () => {
  const amount = { memoryBytes: 2 ** 26, cpus: 1 }
  const service = {
    id: 'a.b',
    description: 'x',
    probe: { kind: 'http', port: 1 },
    resources: { min: amount, ideal: amount },
  }

  it('replaces what it names and removes what is null', () => {
    const patch = { description: 'y', probe: null, resources: { min: { cpus: 2 } } }
    expect(mergeService(service as unknown as Service, patch, undefined)).toEqual({
      id: 'a.b',
      description: 'y',
      resources: { min: { ...amount, cpus: 2 }, ideal: amount },
    })
  })
})

describe('what a report tells', () => {
  const stored = { phase: 'running', forwards: [], readyAt: '1' } as unknown as InstanceStatus
  const observed = (more: object) =>
    ({ phase: 'running', forwards: [], readyAt: '1', ...more }) as unknown as ObservedInstance
  it.each([
    ['the same', observed({}), stored, false],
    ['progress', observed({ detail: 'x', phase: 'starting' }), stored, false],
    ['a failure', observed({ phase: 'failed' }), stored, true],
    ['another port', observed({ forwards: [{ hostPort: 1 }] }), stored, true],
    ['something of one being deleted', observed({ phase: 'failed' }), { ...stored, phase: 'deleting' as const }, false],
  ])('is worth storing: %s', (_what, it, status, expected) => expect(isWorthStoring(it, status)).toBe(expected))

  it.each([
    ['not before it obeys', { epoch: 1, n: 1 }, false, false],
    ['not while it is shown', { epoch: 1, n: 2 }, true, false],
    ['once both are so', { epoch: 1, n: 2 }, false, true],
    ['also by a later document', { epoch: 2, n: 1 }, false, true],
    ['not by a report without a revision', undefined, false, false],
  ])('means that an instance is gone, %s', (_what, obeys, isShown, expected) => {
    expect(isGone({ obeys, isShown }, { epoch: 1, n: 2 })).toBe(expected)
  })

  it('means nothing of an instance that no document has left out', () => {
    expect(isGone({ obeys: { epoch: 9, n: 9 }, isShown: false }, undefined)).toBe(false)
  })
})

describe('events', () => {
  const at = '2026-01-01T00:00:00.000Z' as Timestamp
  const change = (collection: Change['collection'], document: object, more: Partial<Change> = {}): Change =>
    ({ cursor: 1, collection, id: 'x', revision: 2, removed: false, at, document, ...more }) as Change
  it.each([
    [change('operations', { kind: 'instance.launch', status: 'succeeded' }), 'operation.succeeded'],
    [change('instances', { name: 'one', status: { phase: 'running' } }), 'instance.running'],
    [change('nodes', { liveness: 'lost' }), 'node.lost'],
    [change('services', {}, { revision: 1 }), 'service.created'],
    [change('services', {}), 'service.updated'],
    [change('tokens', {}, { removed: true }), 'token.deleted'],
    [change('bases', { status: 'available' }), 'base.available'],
    [change('settings', {}), undefined],
    [change('idempotency', {}), undefined],
    [change('invitations', { refused: 0 }, { revision: 1 }), 'invitation.created'],
    [change('invitations', { refused: 0 }), 'invitation.used'],
    [change('invitations', { refused: 1 }), 'invitation.abused'],
    [change('nodes', { liveness: 'ready', deed: { verb: 'draining', at, by: 'tk-1', revision: 2 } }), 'node.draining'],
  ])('%#: %j', (written, type) => expect(eventOfChange(written)?.type).toBe(type))

  it.each([
    ['covered by another write', 5, 4, ['node.retired', 'node.lost']],
    ['the last write', 4, 4, ['node.retired']],
    ['long past', 40, 4, ['node.lost']],
  ])('tell what was done to a node, %s', (_what, revision, doneAt, types) => {
    const deed = { verb: 'retired', at, by: 'tk-1', revision: doneAt }
    const events = eventsOfChange(change('nodes', { liveness: 'lost', deed }, { id: 'pi-01', revision }))
    expect(events.map(({ type }) => type)).toEqual(types)
    if (types[0] === 'node.retired') expect(events[0]?.id).toBe('pi-01:4')
  })
})
