import { X509Certificate } from 'node:crypto'
import { parseJoinToken } from '@bramble/contracts'
import type { InvitationId, NodeId, Timestamp } from '@bramble/contracts'
import { addMs } from '@bramble/kit'
import type { FakeClock } from '@bramble/kit'
import { expireInvitations } from '../background/expire-invitations.ts'
import { judgeClaim } from '../join/claim.ts'
import { claimUse } from '../join/claim-use.ts'
import { createInTurn } from '../join/in-turn.ts'
import type { Master } from '../master.ts'
import { createRecords, loadRecords } from '../records/records.ts'
import { makeMaster } from '../testing/make-master.ts'
import { sampleHostRequest, sampleJoining } from '../testing/sample-joining.ts'
import type { SampleJoining } from '../testing/sample-joining.ts'
import { grantBroker } from './grant-broker.ts'
import { inviteNode } from './invite-node.ts'
import { joinNode } from './join-node.ts'
import { registerNode } from './register-node.ts'

let master: Master
let clock: FakeClock
let stop: () => Promise<void>
let joining: SampleJoining
beforeAll(async () => void (joining = await sampleJoining()))
afterAll(() => joining.remove())
beforeEach(async () => {
  const made = await makeMaster()
  ;({ clock, stop } = made)
  master = { ...made.master, joining }
})
afterEach(() => stop())

const caller = { tokenId: 'tk-1', requestId: 'r-1' }
const invite = (more: object = {}) =>
  inviteNode(master, caller, {
    cluster: 'shelf-1',
    labels: { shelf: '1' },
    uses: 1,
    needsApproval: false,
    expiresInSeconds: 600,
    ...more,
  })
const id = (name: string) => name as NodeId
const minutes = (count: number) => count * 60_000

describe('a use of an invitation', () => {
  const at = (time: string) => `2026-01-01T${time}:00.000Z` as Timestamp
  const claim = (key: string, node = 'pi-01') => ({ key, node: id(node) })
  it.each([
    ['is free', 1, [], claim('a'), '12:00', 'claimed'],
    ['is its own', 1, [claim('a')], claim('a'), '12:00', 'again'],
    ['is its own, late', 1, [claim('a')], claim('a'), '13:00', 'again'],
    ["is another's", 1, [claim('b')], claim('a'), '12:00', 'used'],
    ["is another's, late", 1, [claim('b')], claim('a'), '13:00', 'used'],
    ['is its own under another name', 5, [claim('a', 'pi-02')], claim('a'), '12:00', 'used'],
    ['is left', 2, [claim('b', 'pi-02')], claim('a'), '12:00', 'claimed'],
    ['is left, late', 2, [claim('b', 'pi-02')], claim('a'), '13:00', 'expired'],
    ['is free, to the second', 1, [], claim('a'), '12:30', 'expired'],
  ])('%s', (_what, uses, claims, own, now, kind) => {
    expect(judgeClaim({ claims, uses, expiresAt: at('12:30') }, own, at(now))).toEqual({ kind })
  })

  it('is won by one of two masters that have read the same', async () => {
    const { invitation } = await invite()
    // Each with a memory of its own: only the store is between them.
    const others = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const records = createRecords(master.store, {})
        await loadRecords(records)
        return { records, clock, inTurn: createInTurn() }
      }),
    )
    const results = await Promise.allSettled(
      others.map((other, i) => claimUse(other, invitation.id, { key: `key-${i}`, node: id(`pi-0${i}`) })),
    )
    const won = results.filter(({ status }) => status === 'fulfilled')
    const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason.code as string)
    expect(won).toHaveLength(1)
    expect(lost).toEqual(['join_token_used', 'join_token_used', 'join_token_used'])
    const stored = await master.store.collection('invitations').get(invitation.id)
    expect(stored).toMatchObject({ refused: 3, claims: [expect.anything()] })
  })

  it('that is refused is not counted for ever', async () => {
    const { invitation } = await invite()
    await master.records.invitations.update(invitation.id, (it) => ({
      ...it,
      refused: 999,
      claims: [{ key: 'b', node: id('pi-02') }],
    }))
    const refusedAfter = async () => {
      await expect(claimUse(master, invitation.id, { key: 'a', node: id('pi-01') })).rejects.toThrow()
      return master.records.invitations.get(invitation.id)?.refused
    }
    expect(await refusedAfter()).toBe(1000)
    expect(await refusedAfter()).toBe(1000)
  })
})

describe('joining', () => {
  it('makes a node of a host, with a certificate in its name', async () => {
    const { token } = await invite()
    const joined = await joinNode(master, { token, node: id('pi-07'), csr: await sampleHostRequest() })
    expect(joined).toMatchObject({ node: 'pi-07', cluster: 'shelf-1', admission: 'approved' })
    expect(joined.caCertificate).toBe(joining.identity.caCertificate)
    expect(new X509Certificate(joined.certificate).subject).toBe('CN=node.pi-07')
    expect(master.records.nodes.get('pi-07')).toMatchObject({
      labels: { shelf: '1' },
      liveness: 'lost',
      deed: { verb: 'joined', revision: 1 },
    })
  })

  it('is over when the invitation expires, by our clock', async () => {
    const [early, late] = [await invite(), await invite()]
    clock.advance(minutes(10) - 1)
    await joinNode(master, { token: early.token, node: id('pi-01'), csr: await sampleHostRequest() })
    clock.advance(1)
    const join = joinNode(master, { token: late.token, node: id('pi-02'), csr: await sampleHostRequest() })
    await expect(join).rejects.toMatchObject({ code: 'join_token_expired' })
    expect(master.records.nodes.get('pi-02')).toBeUndefined()
  })

  it('is gone on with where the master died after it had taken the use', async () => {
    const { token, invitation } = await invite()
    const csr = await sampleHostRequest()
    const records = {
      ...master.records,
      nodes: { ...master.records.nodes, insert: () => Promise.reject(new Error('died')) },
    }
    await expect(joinNode({ ...master, records }, { token, node: id('pi-07'), csr })).rejects.toThrow('died')
    expect(master.records.invitations.get(invitation.id)?.claims).toHaveLength(1)
    expect(await joinNode(master, { token, node: id('pi-07'), csr })).toMatchObject({ node: 'pi-07' })
    expect(master.records.invitations.get(invitation.id)?.claims).toHaveLength(1)
  })
})

it('a fleet speaks for no node that is not of it', async () => {
  const { token } = await invite({ fleet: 'sim' })
  await joinNode(master, { token, node: id('sim-1'), csr: await sampleHostRequest() })
  await expect(grantBroker(master, id('sim-1'))).resolves.toMatchObject({ user: 'fleet.sim' })
  // As if it had been let in while the fleet was being invited.
  await registerNode(master, { id: id('sim-2'), cluster: 'shelf-1' })
  await expect(grantBroker(master, id('sim-1'))).rejects.toMatchObject({ code: 'name_taken' })
})

describe('invitations', () => {
  it('are kept for a day after they expired, then removed', async () => {
    const { invitation } = await invite()
    const after = async (ms: number) => {
      clock.advance(ms)
      await expireInvitations(master).run(new AbortController().signal)
      return [...master.records.invitations.values()].map((it) => it.id as InvitationId)
    }
    expect(await after(minutes(10) + 86_400_000)).toEqual([invitation.id])
    expect(await after(1)).toEqual([])
  })

  it('are stored without what they are proved by', async () => {
    const { token, invitation } = await invite()
    const stored = await master.store.collection('invitations').get(invitation.id)
    expect(JSON.stringify(stored)).not.toContain(parseJoinToken(token)!.secret)
    expect(invitation.expiresAt).toBe(addMs(clock.now(), minutes(10)))
  })
})
