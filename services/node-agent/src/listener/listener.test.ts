import { silentLogger } from '@bramble/kit'
import type { HttpServer } from '@bramble/kit'
import { createSimulatedDriver } from '../drivers/simulated/simulated-driver.ts'
import { createSimulatedHypervisor } from '../drivers/simulated/simulated-hypervisor.ts'
import { openLedger } from '../ledger/ledger.ts'
import { memoryStorage } from '../ledger/memory-storage.ts'
import type { InstanceState } from '../ledger/records.ts'
import { instanceOf, recordOf, slotFor, stateOf } from '../world.fixture.ts'
import { startListener } from './start-listener.ts'

const key = 'a-key-of-some-length'
const [running, failed, allocated] = [instanceOf(1), instanceOf(2), instanceOf(3)]

describe('the listener', () => {
  let server: HttpServer

  beforeAll(async () => {
    const driver = createSimulatedDriver(createSimulatedHypervisor())
    const ledger = await openLedger(memoryStorage())
    const keep = (instance: typeof running, state: InstanceState) =>
      ledger.updateInstance(instance.id, () => recordOf(instance, state))
    await driver.start({ instance: running, slot: slotFor(1) }, () => {})
    await keep(running, stateOf('ready', slotFor(1)))
    await keep(allocated, stateOf('allocated', slotFor(3)))
    const consoleBase64 = Buffer.from('Kernel panic').toString('base64')
    await keep(failed, { ...stateOf('failed', undefined), consoleBase64 } as InstanceState)
    const inspect = () => Promise.reject(new Error('not asked for here'))
    const trust = { kind: 'key', key } as const
    const sources = { driver, ledger, inspect, logger: silentLogger() }
    server = await startListener({ host: '127.0.0.1', port: 0, trust }, sources)
  })
  afterAll(() => server.close())

  const ask = (path: string, init: RequestInit = {}, bearer: string | undefined = key) =>
    fetch(`${server.url}/v1/instances/${path}`, {
      ...init,
      headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    })
  const exec = (id: string, bearer = key) =>
    ask(`${id}/exec`, { method: 'POST', body: JSON.stringify({ command: ['echo', 'hello'] }) }, bearer)
  const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]

  it('reads the end of a console', async () => {
    expect(await (await ask(`${running.id}/console`)).text()).toContain('simulated')
    expect(await (await ask(`${running.id}/console?tailBytes=4`)).text()).toBe('ted\n')
  })

  it('reads the end of what the hypervisor wrote', async () => {
    expect(await (await ask(`${running.id}/logs`)).text()).toContain(running.name)
    expect(await (await ask(`${allocated.id}/logs`)).text()).toBe('')
  })

  it('still has the last words of a guest that failed', async () => {
    expect(await (await ask(`${failed.id}/console?tailBytes=5`)).text()).toBe('panic')
  })

  it('runs a command in a guest, when there is one', async () => {
    const answer = (await (await exec(running.id)).json()) as { stdoutBase64: string }
    expect(Buffer.from(answer.stdoutBase64, 'base64').toString()).toBe('echo hello\n')
    expect(await codeOf(await exec(failed.id))).toEqual([409, 'wrong_state'])
    expect(await codeOf(await exec(allocated.id))).toEqual([409, 'wrong_state'])
    expect(await codeOf(await exec(instanceOf(9).id))).toEqual([404, 'not_found'])
  })

  it.each([undefined, '', 'wrong', `${key}x`, key.slice(1)])('refuses the key %p', async (bearer) => {
    const answers = [await ask(`${running.id}/console`, {}, bearer ?? ''), await exec(running.id, bearer ?? '')]
    for (const answer of answers) expect(await codeOf(answer)).toEqual([401, 'unauthenticated'])
  })
})
