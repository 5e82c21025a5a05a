// The bus on RabbitMQ over TLS: the same contract, and whom it does not speak to.
import { brokerServerName } from '@bramble/contracts'
import { makeAuthority, makeTempFolder, startRabbitMq } from '@bramble/testkit'
import type { RabbitMqServer, TempFolder, TestAuthority } from '@bramble/testkit'
import { eventually } from '../eventually.ts'
import { createLogger, silentLogger } from '../log/logger.ts'
import { busContract } from './bus.contract.ts'
import { makeVirtualHost } from './rabbitmq/broker.fixture.ts'
import { connectRabbitMq } from './rabbitmq/connect-rabbitmq.ts'
import type { BrokerTrust } from './rabbitmq/connection.ts'

const names = `DNS:${brokerServerName}`
let folder: TempFolder
let authority: TestAuthority
let server: RabbitMqServer
let trust: BrokerTrust
beforeAll(async () => {
  folder = await makeTempFolder()
  authority = await makeAuthority(folder.path)
  server = await startWith({ names })
  trust = { ca: authority.ca, serverName: brokerServerName }
}, 120_000)
afterAll(async () => {
  await server?.stop()
  await folder?.remove()
})

const startWith = async (wanted: { names: string; days?: number }) =>
  startRabbitMq({ tls: { ...(await authority.issue(wanted)), ca: authority.ca } })

busContract(
  'RabbitMQ over TLS',
  async ({ receivers, reportTtlMs }) => {
    const host = await makeVirtualHost(server)
    const url = `${server.tlsUrl}/${host.name}`
    const bus = connectRabbitMq({ url, trust, logger: silentLogger(), declares: true, reportTtlMs })
    await eventually(() => bus.probe())
    await host.declareReceivers(receivers)
    return {
      bus,
      publishFactBytes: (key, bytes) => host.publish('facts', key, bytes),
      restart: () => server.restart(),
      remove: () => host.remove(),
    }
  },
  { hasBroker: true },
)

/** What the log tells of an attempt, which must not succeed. */
async function failureOf(url: string, by: BrokerTrust): Promise<string> {
  const lines: string[] = []
  const logger = createLogger({ component: 'test', to: { write: (line) => void lines.push(line) } })
  const bus = connectRabbitMq({ url, trust: by, logger })
  try {
    await expect(bus.probe()).rejects.toMatchObject({ code: 'unavailable' })
    return lines.join('')
  } finally {
    await bus.close()
  }
}

describe('the bus over TLS', () => {
  it('says nothing to a broker of another authority', async () => {
    const { ca } = await makeAuthority(folder.path)
    const told = await failureOf(server.tlsUrl!, { ...trust, ca })
    expect(told).toMatch(/unable to get (local )?issuer certificate|unable to verify|self-signed/)
    expect(told).not.toContain(server.password)
  })

  it('says nothing to who has a certificate of the authority for something else', async () => {
    expect(await failureOf(server.tlsUrl!, { ca: authority.ca })).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(await failureOf(server.tlsUrl!, { ...trust, serverName: 'pi-07.node.bramble.internal' })).toContain(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
  })

  it('says nothing to a broker whose certificate has expired', async () => {
    const late = await startWith({ names, days: -1 })
    try {
      expect(await failureOf(late.tlsUrl!, trust)).toContain('certificate has expired')
    } finally {
      await late.stop()
    }
  }, 90_000)

  it('is not to be had in plain text at a port of TLS', async () => {
    await failureOf(server.tlsUrl!.replace('amqps:', 'amqp:'), {})
  })
})
