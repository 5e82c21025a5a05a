import { X509Certificate } from 'node:crypto'
import { newId, parseJoinToken } from '@bramble/contracts'
import type { NodeId } from '@bramble/contracts'
import { eventually } from '@bramble/kit'
import { startJoiningBed } from '../testing/joining-bed.ts'
import type { JoiningBed } from '../testing/joining-bed.ts'
import { sampleHostRequest } from '../testing/sample-joining.ts'
import { startTestMaster } from '../testing/start-test-master.ts'
import type { Answer } from '../testing/start-test-master.ts'

let bed: JoiningBed
let joining: JoiningBed['joining']
let master: JoiningBed['master']
beforeAll(async () => {
  bed = await startJoiningBed()
  ;({ joining, master } = bed)
})
afterAll(() => bed.stop())

const codes = (answers: Answer[]) => answers.map(({ status, body }) => body['code'] ?? status).sort()

describe('an invitation', () => {
  it('shows its token once, and where to bring it', async () => {
    const { body } = await bed.post('/v1/invitations', { cluster: 'shelf-1', labels: { rack: '2' }, uses: 3 })
    expect(body).toMatchObject({
      masterUrl: 'http://192.0.2.1:8080',
      invitation: { cluster: 'shelf-1', labels: { rack: '2' }, uses: 3, used: 0, refused: 0, needsApproval: false },
    })
    const parts = parseJoinToken(String(body['token']))!
    expect(joining.identity.fingerprint.startsWith(parts.caFingerprint)).toBe(true)
    const shown = [await bed.get('/v1/invitations'), await bed.get(`/v1/invitations/${parts.invitation}`)]
    for (const answer of shown) expect(JSON.stringify(answer.body)).not.toMatch(/secret|claims/i)
  })

  it.each([
    ['for more than ten minutes', { expiresInSeconds: 601 }],
    ['for more hosts than one name is good for', { node: 'pi-01', uses: 2 }],
    ['for too many hosts', { uses: 5001 }],
    ['for a name that is none', { node: 'Pi_01' }],
  ])('%s is not made', async (_what, body) => {
    expect((await bed.post('/v1/invitations', body)).body).toMatchObject({ code: 'invalid_input' })
  })

  it('that is taken back lets nobody in', async () => {
    const { token, id } = await bed.invite()
    expect((await master.request('DELETE', `/v1/invitations/${id}`)).status).toBe(204)
    const answer = await bed.join({ token, node: 'pi-90', csr: await sampleHostRequest() })
    expect(answer.body).toMatchObject({ status: 403, code: 'join_token_unknown' })
  })

  it('is not guessed from its id', async () => {
    const { token } = await bed.invite()
    const guessed = token.replace(/[\w-]{43}(?=_[0-9a-f]{32}$)/, 'A'.repeat(43))
    const answer = await bed.join({ token: guessed, node: 'pi-90', csr: await sampleHostRequest() })
    expect(answer.body).toMatchObject({ code: 'join_token_unknown' })
  })
})

describe('a host', () => {
  it('that is invited joins, and does with its token what is its own', async () => {
    const { body, own, secret } = await bed.joined('pi-01')
    expect(body).toMatchObject({ cluster: 'shelf-1', admission: 'approved' })
    expect(await bed.node('pi-01')).toMatchObject({ admission: 'approved', liveness: 'lost', cluster: 'shelf-1' })
    expect((await own('pi-01/broker')).body).toEqual({
      urls: ['amqp://127.0.0.1:5672'],
      user: 'node.pi-01',
      password: joining.access.passwords.get('pi-01' as NodeId),
    })
    await bed.joined('pi-02')
    expect((await own('pi-02/broker')).body).toMatchObject({ code: 'not_found' })
    expect((await own('pi-01/actions/drain', {})).body).toMatchObject({ code: 'forbidden' })
    expect((await master.request('GET', '/v1/nodes', { secret })).status).toBe(403)
    expect((await bed.post('/v1/nodes/pi-01/broker')).body).toMatchObject({ code: 'forbidden' })
    await eventually(async () => expect(await bed.eventTypes('pi-01')).toEqual(['node.joined']))
  })

  it('gets another password each time that it asks for one', async () => {
    const { own } = await bed.joined('pi-03')
    const passwords = [await own('pi-03/broker'), await own('pi-03/broker')].map(({ body }) => body['password'])
    expect(new Set(passwords).size).toBe(2)
    expect(joining.access.passwords.get('pi-03' as NodeId)).toBe(passwords[1])
  })

  it('gets the name that it was invited under, and no other cluster', async () => {
    const { token } = await bed.invite({ node: 'pi-04' })
    const csr = await sampleHostRequest()
    const elsewhere = await bed.join({ token, node: 'raspberrypi', csr, cluster: 'shelf-2' })
    expect(elsewhere.body).toMatchObject({ code: 'invalid_input', errors: [{ path: 'cluster' }] })
    expect((await bed.join({ token, node: 'raspberrypi', csr })).body).toMatchObject({ node: 'pi-04' })
  })

  it('without a name needs an invitation that gives one', async () => {
    const [named, open] = [await bed.invite({ node: 'pi-05' }), await bed.invite()]
    const csr = await sampleHostRequest()
    expect((await bed.join({ token: open.token, csr })).body).toMatchObject({ errors: [{ path: 'node' }] })
    expect((await bed.join({ token: named.token, csr })).body).toMatchObject({ node: 'pi-05' })
  })

  it('does not get the name of another', async () => {
    await bed.joined('pi-06')
    const { token, id } = await bed.invite()
    const taken = await bed.join({ token, node: 'pi-06', csr: await sampleHostRequest() })
    expect(taken.body).toMatchObject({ status: 409, code: 'name_taken' })
    expect((await bed.get(`/v1/invitations/${id}`)).body).toMatchObject({ used: 0, refused: 0 })
  })

  it('whose request is worth nothing does not join', async () => {
    const { token, id } = await bed.invite()
    expect((await bed.join({ token, node: 'pi-90', csr: 'nothing' })).body).toMatchObject({ code: 'csr_invalid' })
    expect((await bed.get(`/v1/invitations/${id}`)).body).toMatchObject({ used: 0 })
  })

  it('that lost the answer gets another one, which takes the place of the first', async () => {
    const { token, csr, secret } = await bed.joined('pi-07')
    const again = await bed.join({ token, node: 'pi-07', csr })
    expect(again.status).toBe(201)
    const whoami = (own: unknown) => master.request('GET', '/v1/whoami', { secret: String(own) })
    expect((await whoami(secret)).status).toBe(401)
    expect((await whoami(again.body['nodeToken'])).body).toMatchObject({ node: 'pi-07', roles: ['node'] })
    const id = parseJoinToken(token)!.invitation
    expect((await bed.get(`/v1/invitations/${id}`)).body).toMatchObject({ used: 1, refused: 0 })
    await eventually(async () => expect((await bed.eventTypes('pi-07')).at(-1)).toBe('node.rejoined'))
  })

  it('that lost its token is let in again by its key and another invitation, as what it was', async () => {
    const { csr } = await bed.joined('pi-08')
    await bed.act('pi-08', 'drain', {})
    const { token } = await bed.invite({ needsApproval: true })
    expect((await bed.join({ token, node: 'pi-08', csr })).body).toMatchObject({ admission: 'draining' })
  })

  it('gets a new certificate for its own key only', async () => {
    const { own, csr, certificate } = await bed.joined('pi-09')
    const renewed = await own('pi-09/certificate', { csr })
    const next = new X509Certificate(String(renewed.body['certificate']))
    expect(next.subject).toBe('CN=node.pi-09')
    expect(next.serialNumber).not.toBe(certificate.serialNumber)
    const other = await own('pi-09/certificate', { csr: await sampleHostRequest() })
    expect(other.body).toMatchObject({ code: 'csr_invalid' })
    expect((await own('pi-01/certificate', { csr })).body).toMatchObject({ code: 'not_found' })
  })
})

describe('a used token', () => {
  it('is refused, and an alarm is raised', async () => {
    const { token } = await bed.joined('pi-10')
    const second = await bed.join({ token, node: 'pi-11', csr: await sampleHostRequest() })
    expect(second.body).toMatchObject({ status: 403, code: 'join_token_used' })
    expect((await bed.get('/v1/nodes/pi-11')).status).toBe(404)
    const id = parseJoinToken(token)!.invitation
    expect((await bed.get(`/v1/invitations/${id}`)).body).toMatchObject({ used: 1, refused: 1 })
    await eventually(async () => expect(await bed.eventTypes(id)).toContain('invitation.abused'))
  })

  it('is won by one of many that bring it at once', async () => {
    const { token, id } = await bed.invite()
    const csrs = await Promise.all(Array.from({ length: 8 }, sampleHostRequest))
    const answers = await Promise.all(csrs.map((csr, i) => bed.join({ token, node: `race-${i}`, csr })))
    expect(codes(answers)).toEqual([201, ...Array<string>(7).fill('join_token_used')])
    const { body } = await bed.get('/v1/nodes?filter=id~race-')
    expect(body['items']).toHaveLength(1)
    expect((await bed.get(`/v1/invitations/${id}`)).body).toMatchObject({ used: 1, refused: 7 })
  })

  it('for many lets in as many', async () => {
    const { token } = await bed.invite({ uses: 5 })
    const csrs = await Promise.all(Array.from({ length: 6 }, sampleHostRequest))
    const answers = await Promise.all(csrs.map((csr, i) => bed.join({ token, node: `fleet-${i}`, csr })))
    expect(codes(answers)).toEqual([201, 201, 201, 201, 201, 'join_token_used'])
  })

  it('gives one name to one of two hosts with a token each', async () => {
    const tokens = [await bed.invite(), await bed.invite()]
    const answers = await Promise.all(
      tokens.map(async ({ token }) => bed.join({ token, node: 'pi-12', csr: await sampleHostRequest() })),
    )
    expect(codes(answers)).toEqual([201, 'name_taken'])
  })
})

describe('the embedded cloudlet', () => {
  it('takes no other hosts', async () => {
    const embedded = await startTestMaster()
    await embedded.addNode('pi-01')
    const answers = [
      await embedded.request('POST', '/v1/invitations', { body: {} }),
      await embedded.request('POST', '/v1/nodes/pi-01/actions/retire', { body: {} }),
      await embedded.request('POST', '/v1/joins', {
        body: { token: sampleToken(), node: 'pi-02', csr: 'x' },
        secret: null,
      }),
    ]
    expect(codes(answers)).toEqual(['not_joinable', 'not_joinable', 'not_joinable'])
    expect((await embedded.request('POST', '/v1/nodes/pi-01/actions/drain', { body: {} })).status).toBe(200)
    await embedded.stop()
  })

  const sampleToken = () => `join_${newId('invitation').slice(3)}_${'A'.repeat(43)}_${'0'.repeat(32)}`
})
