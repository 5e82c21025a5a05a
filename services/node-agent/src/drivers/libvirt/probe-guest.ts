// One try of a probe, from the host's side through the forward. It counts when bytes of the guest came back; that a
// connection was accepted says nothing, because passt accepts it for a paused guest too.
import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import { connect } from 'node:net'
import { protocolOf } from '@bramble/contracts'
import type { Forward, Probe } from '@bramble/contracts'

type HttpProbe = Extract<Probe, { kind: 'http' }>
type BannerProbe = Extract<Probe, { kind: 'banner' }>

/**
 * passt of Debian 12 (2023-03-09) leaves the guest's SYN-ACK unanswered until its client sends something or ends its
 * half, so a service that speaks first never hears of the connection. Who has nothing to send ends its half after this.
 */
const endHalfAfterMs = 250

/** Resolves when the guest answered as it should; rejects with what came instead, or when `signal` aborts. */
export function probeGuest(probe: Probe, forward: Forward, signal: AbortSignal): Promise<void> {
  if (probe.kind === 'http') return probeHttp(probe, forward, signal)
  return probe.protocol === 'udp' ? probeUdp(probe, forward, signal) : probeTcp(probe, forward, signal)
}

export const forwardOf = (probe: Probe, forwards: Forward[]): Forward | undefined =>
  forwards.find(({ guestPort, protocol }) => guestPort === probe.port && protocol === protocolOf(probe))

function probeHttp({ path, expectStatus }: HttpProbe, { hostAddress, hostPort }: Forward, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const asked = request({ host: hostAddress, port: hostPort, path, agent: false, signal }, (response) => {
    if (response.statusCode === expectStatus) resolve()
    else reject(new Error(`status ${response.statusCode} instead of ${expectStatus}`))
    response.destroy()
  })
  asked.on('error', reject)
  asked.end()
  return promise
}

function probeTcp({ send, expect }: BannerProbe, { hostAddress, hostPort }: Forward, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host: hostAddress, port: hostPort, signal })
  const read = new BannerReader(expect)
  socket.on('data', (bytes) => void settle(read.take(bytes), { resolve, reject }))
  socket.on('end', () => reject(new Error(`the guest closed after ${read.receivedBytes} bytes`)))
  socket.on('error', reject)
  if (send !== undefined) socket.write(send)
  const endHalf = setTimeout(() => send === undefined && socket.end(), endHalfAfterMs)
  return promise.finally(() => {
    clearTimeout(endHalf)
    socket.destroy()
  })
}

function probeUdp({ send, expect }: BannerProbe, { hostAddress, hostPort }: Forward, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = createSocket({ type: hostAddress.includes(':') ? 'udp6' : 'udp4' })
  const onAbort = () => reject(signal.reason as Error)
  signal.addEventListener('abort', onAbort)
  socket.on('message', (bytes) => void settle(new BannerReader(expect).take(bytes), { resolve, reject }))
  socket.on('error', reject)
  socket.connect(hostPort, hostAddress, () => socket.send(send ?? ''))
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort)
    socket.close()
  })
}

type Verdict = 'more' | 'right' | Error

function settle(verdict: Verdict, { resolve, reject }: { resolve: () => void; reject: (error: Error) => void }) {
  if (verdict === 'right') resolve()
  else if (verdict !== 'more') reject(verdict)
}

/** Collects an answer until it is long enough to be compared with what is expected. */
class BannerReader {
  readonly #expected: Buffer
  #received = Buffer.alloc(0)

  constructor(expect = '') {
    this.#expected = Buffer.from(expect)
  }

  get receivedBytes(): number {
    return this.#received.length
  }

  take(bytes: Buffer): Verdict {
    this.#received = Buffer.concat([this.#received, bytes])
    const begin = this.#received.subarray(0, this.#expected.length)
    if (!this.#expected.subarray(0, begin.length).equals(begin)) {
      return new Error(`the answer begins with ${JSON.stringify(begin.toString())}`)
    }
    return this.#received.length > 0 && begin.length === this.#expected.length ? 'right' : 'more'
  }
}
