import { sampleHostRequest } from '../testing/sample-joining.ts'
import { startJoiningBed } from '../testing/joining-bed.ts'
import type { JoiningBed } from '../testing/joining-bed.ts'

let bed: JoiningBed
beforeEach(async () => void (bed = await startJoiningBed()))
afterEach(() => bed.stop())

const ofFleet = { fleet: 'sim', uses: 5 }
const join = async (node: string, more: object) => {
  const { token } = await bed.invite(more)
  return bed.join({ token, node, csr: await sampleHostRequest() })
}

describe('a fleet', () => {
  it('has one user at the broker, whose password stays', async () => {
    const [first, second] = [await bed.joined('sim-1', ofFleet), await bed.joined('sim-2', ofFleet)]
    const access = [await first.own('sim-1/broker'), await second.own('sim-2/broker'), await first.own('sim-1/broker')]
    expect(new Set(access.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(access[0]!.body).toMatchObject({ user: 'fleet.sim' })
    expect(bed.joining.access.passwords.size).toBe(0)
  })

  it('loses its user with its last node', async () => {
    const { fleetPasswords } = bed.joining.access
    for (const id of ['sim-1', 'sim-2']) await (await bed.joined(id, ofFleet)).own(`${id}/broker`)
    const { body } = await bed.get('/v1/invitations')
    for (const { id } of body['items'] as { id: string }[]) await bed.master.request('DELETE', `/v1/invitations/${id}`)
    await bed.act('sim-1', 'retire', {})
    expect([...fleetPasswords.keys()]).toEqual(['sim'])
    await bed.act('sim-2', 'retire', {})
    expect([...fleetPasswords.keys()]).toEqual([])
  })

  it.each(['sim', 'sim-', 'sim-1a', 'other-1', 'sim-x-1'])('takes no node called %s', async (name) => {
    expect(await join(name, ofFleet)).toMatchObject({ status: 400 })
  })

  it('keeps its names from others, and no more than those', async () => {
    await bed.joined('sim-1', ofFleet)
    expect(await join('sim-2', {})).toMatchObject({ status: 409, body: { code: 'name_taken' } })
    expect(await join('sim-x-1', {})).toMatchObject({ status: 201 })
    expect(await join('sim-2', { fleet: 'sim-1' })).toMatchObject({ status: 400 })
  })

  it('keeps them from the moment at which it is invited', async () => {
    await bed.invite(ofFleet)
    expect(await join('sim-2', {})).toMatchObject({ status: 409, body: { code: 'name_taken' } })
  })

  it('does not get the names of nodes that were there before', async () => {
    await bed.joined('rack-07')
    const refusal = { status: 409, body: { code: 'name_taken' } }
    expect(await bed.post('/v1/invitations', { fleet: 'rack' })).toMatchObject(refusal)
    await bed.act('rack-07', 'retire', {})
    expect(await bed.post('/v1/invitations', { fleet: 'rack' })).toMatchObject({ status: 201 })
  })

  it('is invited under no single name', async () => {
    expect(await bed.post('/v1/invitations', { fleet: 'sim', node: 'sim-1' })).toMatchObject({ status: 400 })
  })
})
