import { addressTowards } from './address-towards.ts'

describe('addressTowards', () => {
  it('is loopback for a master on this host', async () => {
    expect(await addressTowards('http://127.0.0.1:8080')).toBe('127.0.0.1')
    expect(await addressTowards('http://[::1]:8080/')).toBe('::1')
  })

  it('fails for a name that nobody has', async () => {
    await expect(addressTowards('http://nobody.invalid')).rejects.toThrow('nobody.invalid')
  })
})
