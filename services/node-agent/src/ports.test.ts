import { ProblemError } from '@bramble/kit'
import { createPorts } from './ports.ts'
import type { Ports } from './ports.ts'
import { instanceOf, recordOf, slotFor, stateOf } from './world.fixture.ts'

const range = { address: '127.0.0.1', from: 20_000, to: 20_002 }
const held = new Map([['tcp/20001', 'nginx']])
const driver = {
  checkPort: async ({ port, protocol }: { port: number; protocol: string }) => {
    const holder = held.get(`${protocol}/${port}`)
    return holder ? { free: false, holder } : { free: true }
  },
}
const portsOf = async (ports: Ports, ...args: Parameters<typeof instanceOf>) =>
  (await ports.take(instanceOf(...args))).map(({ hostPort }) => hostPort)
const publish = (hostPort?: number, protocol: 'tcp' | 'udp' = 'tcp') => ({ guestPort: 80, protocol, hostPort })

describe('ports', () => {
  it('chooses from the range, never one that is held', async () => {
    const ports = createPorts(range, driver, new Map())
    expect(await portsOf(ports, 1)).toEqual([20_000])
    expect(await portsOf(ports, 2)).toEqual([20_002])
    await expect(portsOf(ports, 3)).rejects.toMatchObject({ code: 'port_taken' })
  })

  it('knows tcp and udp apart', async () => {
    const ports = createPorts({ ...range, to: 20_000 }, driver, new Map())
    expect(await portsOf(ports, 1, { publish: [publish(), publish(undefined, 'udp')] })).toEqual([20_000, 20_000])
  })

  it('never gives out what a slot of the ledger owns', async () => {
    const slot = { ...slotFor(9), forwards: [{ ...publish(20_000), hostAddress: '127.0.0.1', hostPort: 20_000 }] }
    const record = recordOf(instanceOf(9), stateOf('ready', slot))
    const ports = createPorts(range, driver, new Map([[record.instance.id, record]]))
    expect(await portsOf(ports, 1)).toEqual([20_002])
    await expect(portsOf(ports, 2, { publish: [publish(20_000)] })).rejects.toThrow(record.instance.id)
  })

  it('gives the port that was asked for, or says who holds it', async () => {
    const ports = createPorts(range, driver, new Map())
    expect(await portsOf(ports, 1, { publish: [publish(8080)] })).toEqual([8080])
    await expect(portsOf(ports, 2, { publish: [publish(20_001)] })).rejects.toThrow('nginx')
    await expect(portsOf(ports, 2, { publish: [publish(8080)] })).rejects.toThrow(instanceOf(1).id)
    await expect(portsOf(ports, 2, { publish: [publish(81), publish(81)] })).rejects.toThrow('itself')
  })

  it('keeps nothing of an instance that was refused or released', async () => {
    const ports = createPorts(range, driver, new Map())
    await expect(portsOf(ports, 1, { publish: [publish(8080), publish(20_001)] })).rejects.toThrow()
    const forwards = await ports.take(instanceOf(2, { publish: [publish(8080)] }))
    ports.release(forwards)
    expect(await portsOf(ports, 3, { publish: [publish(8080)] })).toEqual([8080])
  })

  it('gives up at the first port that nobody could bind, and holds none of it', async () => {
    let looks = 0
    const checkPort = async () => {
      if (looks++ === 0) throw new ProblemError('port_unusable', 'address not available')
      return { free: true }
    }
    const ports = createPorts({ ...range, to: 20_000 }, { checkPort }, new Map())
    await expect(portsOf(ports, 1)).rejects.toMatchObject({ code: 'port_unusable' })
    expect(looks).toBe(1)
    expect(await portsOf(ports, 1)).toEqual([20_000])
  })

  it('never gives one port to two that ask at a time', async () => {
    const ports = createPorts({ ...range, to: 20_050 }, driver, new Map())
    const taken = (await Promise.all(Array.from({ length: 40 }, (_, n) => portsOf(ports, n)))).flat()
    expect(new Set(taken).size).toBe(40)
  })

  it('adds a forward for a probe of a port that is not published', async () => {
    const ports = createPorts({ ...range, to: 20_050 }, driver, new Map())
    const probe = { kind: 'banner', port: 22, protocol: 'tcp', timeoutSeconds: 1, intervalMs: 10 } as const
    expect(await ports.take(instanceOf(1, { probe }))).toMatchObject([
      { guestPort: 80 },
      { guestPort: 22, name: 'probe' },
    ])
    expect(await ports.take(instanceOf(2, { publish: [], probe: { ...probe, port: 80 } }))).toHaveLength(1)
  })
})
