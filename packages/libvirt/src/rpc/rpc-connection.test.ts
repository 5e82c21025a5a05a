import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import { procedures } from '../protocol/procedures.ts'
import { errorMessage } from '../protocol/types.ts'
import { encode } from '../xdr/index.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { keepAlive } from './keepalive.ts'
import { decodeMessage, encodeMessage, messageTypes, statuses } from './message.ts'
import type { Message } from './message.ts'
import { RpcConnection } from './rpc-connection.ts'

const { connectGetHostname } = procedures
const keepaliveProgram = 0x6b656570

/** The daemon's end of the socket, to be answered by hand. */
class Daemon {
  readonly heard: Message[] = []
  readonly socket: Duplex

  constructor(socket: Duplex) {
    this.socket = socket
    const splitter = new FrameSplitter()
    socket.on('data', (chunk: Buffer) => this.heard.push(...splitter.push(chunk).map(decodeMessage)))
  }

  answer({ header }: Message, payload: Buffer, status: number = statuses.ok): void {
    this.socket.write(encodeMessage({ header: { ...header, type: messageTypes.reply, status }, payload }))
  }
}

function connected(maxCallsInFlight = 4) {
  const [ours, theirs] = duplexPair()
  const connection = new RpcConnection(ours, maxCallsInFlight)
  return { connection, daemon: new Daemon(theirs) }
}

const hostnameCall = (connection: RpcConnection, timeoutMs?: number) =>
  connection.call('connectGetHostname', connectGetHostname, {}, { timeoutMs })
const hostname = (name: string) => encode(connectGetHostname.ret, { hostname: name })
const turn = () => new Promise(setImmediate)

describe('RpcConnection', () => {
  it('gives each call its own answer, in whatever order they come', async () => {
    const { connection, daemon } = connected()
    const answers = [hostnameCall(connection), hostnameCall(connection)]
    await turn()
    daemon.answer(daemon.heard[1]!, hostname('second'))
    daemon.answer(daemon.heard[0]!, hostname('first'))
    expect(await Promise.all(answers)).toEqual([{ hostname: 'first' }, { hostname: 'second' }])
  })

  it('turns an error answer into a LibvirtError that names the call', async () => {
    const { connection, daemon } = connected()
    const answer = hostnameCall(connection)
    await turn()
    const nothing = { dom: null, str1: null, str2: null, str3: null, int1: 0, int2: 0, net: null }
    const error = { code: 42, domain: 10, level: 2, message: 'no such thing', ...nothing }
    daemon.answer(daemon.heard[0]!, encode(errorMessage, error), statuses.error)
    await expect(answer).rejects.toMatchObject({
      name: 'LibvirtError',
      call: 'connectGetHostname',
      code: 42,
      domain: 10,
      level: 2,
      message: expect.stringContaining('no such thing'),
    })
  })

  it('keeps further calls back while the allowed number is in flight', async () => {
    const { connection, daemon } = connected(1)
    const answers = [hostnameCall(connection), hostnameCall(connection)]
    await turn()
    expect(daemon.heard).toHaveLength(1)
    daemon.answer(daemon.heard[0]!, hostname('first'))
    await answers[0]
    await turn()
    daemon.answer(daemon.heard[1]!, hostname('second'))
    expect(await answers[1]).toEqual({ hostname: 'second' })
  })

  it('rejects after the timeout of a call, and survives the answer that comes too late', async () => {
    const { connection, daemon } = connected()
    await expect(hostnameCall(connection, 5)).rejects.toMatchObject({ failure: 'timeout' })
    daemon.answer(daemon.heard[0]!, hostname('late'))
    const next = hostnameCall(connection)
    await turn()
    daemon.answer(daemon.heard[1]!, hostname('next'))
    expect(await next).toEqual({ hostname: 'next' })
  })

  it.each([
    ['closes', (daemon: Daemon) => daemon.socket.end(), 'lost'],
    ['talks nonsense', (daemon: Daemon) => daemon.socket.write(Buffer.alloc(64)), 'protocol'],
    [
      'sends an error that cannot be read',
      (daemon: Daemon) => daemon.answer(daemon.heard[0]!, Buffer.alloc(2), statuses.error),
      'protocol',
    ],
  ])('rejects calls under way and to come when the daemon %s', async (_what, doIt, failure) => {
    const { connection, daemon } = connected(1)
    const outcomes = Promise.allSettled([hostnameCall(connection), hostnameCall(connection)])
    await turn()
    doIt(daemon)
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { failure } })
    await expect(hostnameCall(connection)).rejects.toMatchObject({ failure })
    expect(await connection.ended).toMatchObject({ failure })
  })
})

describe('keepAlive', () => {
  const header = { program: keepaliveProgram, version: 1, type: messageTypes.event, serial: 0, status: statuses.ok }

  it('answers a ping', async () => {
    const { connection, daemon } = connected()
    keepAlive(connection, { intervalMs: 60_000, maxUnanswered: 1 })
    daemon.socket.write(encodeMessage({ header: { ...header, procedure: 1 }, payload: Buffer.alloc(0) }))
    await turn()
    expect(daemon.heard).toMatchObject([{ header: { ...header, procedure: 2 } }])
    connection.end(new Error('over'))
  })

  it('gives up a silent daemon after so many pings', async () => {
    const { connection, daemon } = connected()
    keepAlive(connection, { intervalMs: 2, maxUnanswered: 3 })
    // Its timer alone would not keep the process waiting.
    const awake = setInterval(() => {}, 1000)
    expect(await connection.ended).toMatchObject({ failure: 'lost' })
    clearInterval(awake)
    expect(daemon.heard.map((each) => each.header.procedure)).toEqual([1, 1, 1])
  })
})
