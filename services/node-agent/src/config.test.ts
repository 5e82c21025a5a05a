import { AgentConfig } from './config.ts'

const least = { node: 'pi-07', stateDir: '/var/lib/bramble' }

describe('what an agent works with', () => {
  it('has defaults for all but its name and its folder', () => {
    expect(AgentConfig.parse(least)).toMatchObject({
      ports: { address: '127.0.0.1', from: 20_000, to: 29_999 },
      limits: { starts: 4, captures: 1 },
    })
  })

  it.each([{ ports: { from: 30_000 } }, { limits: { starts: 0 } }, { node: 'Pi 7' }, { surprise: 1 }])(
    'is not %j',
    (wrong) => expect(AgentConfig.safeParse({ ...least, ...wrong }).success).toBe(false),
  )
})
