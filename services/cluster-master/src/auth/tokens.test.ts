import type { Master } from '../master.ts'
import { makeMaster } from '../testing/make-master.ts'
import { createAuthenticate } from './authenticate.ts'
import { createFirstAdminToken } from './tokens.ts'

let master: Master
let stop: () => Promise<void>
beforeEach(async () => void ({ master, stop } = await makeMaster()))
afterEach(() => stop())

async function rolesOf(secret: string | undefined) {
  const request = { headers: { authorization: `Bearer ${secret}` } }
  return (await createAuthenticate(master.records, master.clock)(request as never))?.roles
}

describe('the first admin', () => {
  it('is let in by what was left, and there is no second one', async () => {
    const left: string[] = []
    const leave = async (secret: string) => void left.push(secret)
    await createFirstAdminToken(master, leave)
    await createFirstAdminToken(master, leave)
    expect(left).toHaveLength(1)
    expect(await rolesOf(left[0])).toEqual(['admin'])
  })

  it.each(['the secret', 'the token'])('is made at the next start when %s could not be kept', async (lost) => {
    let left: string | undefined
    const { insert } = master.records.tokens
    if (lost === 'the token') master.records.tokens.insert = async () => Promise.reject(new Error('killed'))
    const killed = createFirstAdminToken(master, async (secret) => {
      if (lost === 'the secret') throw new Error('killed')
      left = secret
    })
    await expect(killed).rejects.toThrow('killed')
    master.records.tokens.insert = insert
    await createFirstAdminToken(master, async (secret) => void (left = secret))
    expect(await rolesOf(left)).toEqual(['admin'])
  })
})
