import { createClaims, describeFree } from './claims.ts'

const MiB = 1024 ** 2
const claimsOf = (freeBytes: () => number) =>
  createClaims({
    freeBytes: async () => freeBytes(),
    reserveBytes: MiB,
    refuse: (refusal) => new Error(`${refusal.what}: ${describeFree(refusal)}`),
  })

describe('claims', () => {
  it('give the same bytes to one of several that ask at a time', async () => {
    const claims = claimsOf(() => 4 * MiB)
    const answers = await Promise.allSettled(['a', 'b', 'c'].map((what) => claims.claim(what, 2 * MiB)))
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect((answers[1] as PromiseRejectedResult).reason).toEqual(
      new Error('b: 4 MiB are free, of which 1 MiB are reserved and 2 MiB claimed by starts under way'),
    )
  })

  it('count until they are disposed, and no longer', async () => {
    const claims = claimsOf(() => 4 * MiB)
    const first = await claims.claim('a', 3 * MiB)
    await expect(claims.claim('b', 1)).rejects.toThrow('b: 4 MiB')
    for (let times = 0; times < 2; times++) first[Symbol.dispose]()
    await claims.claim('b', 3 * MiB)
    await expect(claims.claim('c', 1)).rejects.toThrow('c: ')
  })

  it('go by what is free when they are made', async () => {
    let freeBytes = 2 * MiB
    const claims = claimsOf(() => freeBytes)
    await claims.claim('a', MiB)
    await expect(claims.claim('b', MiB)).rejects.toThrow()
    freeBytes = 3 * MiB
    await claims.claim('b', MiB)
  })
})
