import { Health } from '@bramble/contracts'
import { createHealthChecks } from './health.ts'

describe('createHealthChecks', () => {
  it('is ok when every check resolves', async () => {
    const health = createHealthChecks()
    health.add('store', () => undefined)
    health.add('bus', async () => 'anything')
    expect(Health.parse(await health.check())).toMatchObject({
      status: 'ok',
      checks: { store: { ok: true }, bus: { ok: true } },
    })
  })

  it('names what is down, with the reason, also when it does not answer or throws at once', async () => {
    const health = createHealthChecks()
    const signals: AbortSignal[] = []
    health.add('store', () => {
      throw new Error('closed')
    })
    health.add('bus', (signal) => new Promise(() => signals.push(signal)), { timeoutMs: 10 })
    health.add('blobs', () => undefined)
    const { status, checks } = await health.check()
    expect(status).toBe('degraded')
    expect(checks['store']).toMatchObject({ ok: false, detail: 'closed' })
    expect(checks['bus']).toMatchObject({ ok: false, detail: 'no answer within 10 ms' })
    expect(checks['blobs']).toMatchObject({ ok: true })
    expect(signals[0]?.aborted).toBe(true)
  })

  it('asks once for all who ask at the same time', async () => {
    const health = createHealthChecks()
    let asked = 0
    health.add('store', async () => void (asked += 1))
    await Promise.all([health.check(), health.check()])
    expect(asked).toBe(1)
    await health.check()
    expect(asked).toBe(2)
  })
})
