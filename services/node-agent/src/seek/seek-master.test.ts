import { setTimeout as sleep } from 'node:timers/promises'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceTypes } from '@bramble/contracts'
import { fakeClock, silentLogger } from '@bramble/kit'
import { startStation } from '@bramble/mdns'
import { fakeNetwork } from '@bramble/mdns/network.fixture'
import { seekMaster } from './seek-master.ts'
import type { SeekMaster } from './seek-master.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seek-'))
})
afterEach(() => rm(folder, { recursive: true }))

function makeLan() {
  const clock = fakeClock()
  const { open } = fakeNetwork(clock)
  const at = (address: string) => ({ open, addressesOf: () => [{ address, prefixLength: 24 }] })
  const stations = new Set<{ stop(): Promise<void> }>()
  const start = (address: string) => {
    const types = Object.values(serviceTypes)
    const station = startStation({ interfaceName: 'eth0', types, clock, ...at(address) })
    stations.add(station)
    return station
  }
  const tell = (label: string, address: string) =>
    start(address).offer({
      type: serviceTypes.cloudlet,
      label,
      port: 8080,
      txt: { encryption: 'none' },
      found: 'anywhere',
    })
  const stopping = new AbortController()
  const seek = (more: Partial<SeekMaster> = {}) =>
    seekMaster({
      ...{ interfaceName: 'eth0', node: 'pi-07', port: 7443, version: '0.1.0', tokenFile: undefined },
      ...{ clock, logger: silentLogger(), stopping: stopping.signal, network: at('10.0.0.7'), pollMs: 5 },
      ...more,
    })
  /** The clock runs a thousand times as fast as that of the polls, until the test ends it. */
  const running = (async () => {
    while (!stopping.signal.aborted) {
      clock.advance(100)
      await sleep(1)
    }
  })()
  return {
    ...{ seek, start, tell },
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new Error('stopping'))
      await running
      await Promise.all([...stations].map((it) => it.stop()))
    },
  }
}

it('a host finds the one cloudlet of its network', async () => {
  await using lan = makeLan()
  const seeking = lan.seek()
  lan.tell('shelf', '10.0.0.1')
  expect(await seeking).toEqual({ url: 'http://10.0.0.1:8080', token: undefined })
})

it('a host refuses to choose between several', async () => {
  await using lan = makeLan()
  lan.tell('shelf', '10.0.0.1')
  lan.tell('lab', '10.0.0.2')
  await expect(lan.seek()).rejects.toThrow('lab at 10.0.0.2:8080, shelf at 10.0.0.1:8080')
})

it('a host without a token tells of itself until it has one', async () => {
  await using lan = makeLan()
  lan.tell('shelf', '10.0.0.1')
  const admin = lan.start('10.0.0.2')
  const tokenFile = join(folder, 'join-token')
  const seeking = lan.seek({ tokenFile })
  const seen = () => admin.found(serviceTypes.agent)
  while (seen().length === 0) await sleep(5)
  expect(seen()).toMatchObject([{ label: 'pi-07', port: 7443, addresses: ['10.0.0.7'], txt: { version: '0.1.0' } }])
  await writeFile(tokenFile, 'join_x\n')
  expect(await seeking).toEqual({ url: 'http://10.0.0.1:8080', token: 'join_x' })
  while (seen().length > 0) await sleep(5)
})

it('a host that is told to end seeks no longer', async () => {
  const lan = makeLan()
  const seeking = expect(lan.seek()).rejects.toThrow('stopping')
  await lan[Symbol.asyncDispose]()
  await seeking
})
