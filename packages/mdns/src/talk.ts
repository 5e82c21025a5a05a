// What is told and heard on one interface while its addresses stay as they are. The decisions are those of
// domain/responder.ts and domain/browser.ts; here are the socket and the clock. A socket gets what arrives on any
// interface, so what was not sent from a network of this one is left aside (RFC 6762, 11).
import type { Sender } from 'multicast-dns'
import { hearPacket, lookAround, nextLookMs, startBrowser } from './domain/browser.ts'
import { foundServices } from './domain/found-service.ts'
import type { FoundService } from './domain/found-service.ts'
import type { Packet } from './domain/record.ts'
import { changeService, farewell, onPacket, onTime, startResponder } from './domain/responder.ts'
import type { Outcome, ResponderState } from './domain/responder.ts'
import type { Service, Ttls } from './domain/service.ts'
import { isReachable } from './domain/subnet.ts'
import type { InterfaceAddress } from './domain/subnet.ts'
import type { OpenLink } from './open-link.ts'

/** As of packages/kit. */
export interface StationClock {
  monotonicMs(): number
  after(delayMs: number, act: () => void): () => void
}

export interface TalkOptions {
  own: readonly [InterfaceAddress, ...InterfaceAddress[]]
  /** What is looked for. */
  types: readonly string[]
  clock: StationClock
  ttls: Ttls
  /** 0 to 1 */
  random: () => number
  open: OpenLink
  /** Called with every packet and every step: something may be another way now. */
  onStep: () => void
  /** Why it cannot be sent; undefined when it can. */
  onTrouble: (reason: string | undefined) => void
}

export interface Talk {
  tell(service: Service | undefined): void
  told(): ResponderState | undefined
  found(type: string): FoundService[]
  /** Says goodbye first. */
  stop(): Promise<void>
}

export function startTalk({ own, types, clock, ttls, random, open, onStep, onTrouble }: TalkOptions): Talk {
  const between = (fromMs: number, toMs: number) => fromMs + random() * (toMs - fromMs)
  const delayed = new Set<() => void>()
  let responder: ResponderState | undefined
  let browser = startBrowser(types, clock.monotonicMs(), between(20, 120))
  let cancelStep = () => {}
  let isStopped = false

  const send = (packet: Packet, to?: Sender): Promise<void> =>
    link.send(packet, to).then(
      () => onTrouble(undefined),
      (error: Error) => onTrouble(error.message),
    )
  const sendLater = (packet: Packet) => {
    const cancel = clock.after(between(20, 120), () => {
      delayed.delete(cancel)
      void send(packet)
    })
    delayed.add(cancel)
  }
  const take = ({ state, send: outgoing }: Outcome, from?: Sender) => {
    responder = state
    for (const { packet, toSender, isDelayed } of outgoing) {
      if (isDelayed) sendLater(packet)
      else void send(packet, toSender ? from : undefined)
    }
  }
  const hear = (packet: Packet, from: Sender) => {
    if (isStopped || !isReachable(from.address, own)) return
    const nowMs = clock.monotonicMs()
    if (responder) take(onPacket(responder, packet, nowMs), from)
    browser = hearPacket(browser, packet, nowMs)
    step()
  }
  const step = () => {
    cancelStep()
    const nowMs = clock.monotonicMs()
    if (responder) take(onTime(responder, nowMs))
    const { state, query } = lookAround(browser, nowMs)
    browser = state
    if (query) void send(query)
    const dueMs = Math.min(responder?.dueMs ?? Infinity, nextLookMs(browser, nowMs))
    if (dueMs < Infinity) cancelStep = clock.after(Math.max(0, dueMs - nowMs), step)
    onStep()
  }
  const sayGoodbye = async () => {
    const goodbye = responder && farewell(responder)
    responder = undefined
    if (goodbye) await send(goodbye)
  }

  const link = open({ address: own[0].address, onPacket: hear, onFailure: (error) => onTrouble(error.message) })
  step()
  return {
    tell: (service) => {
      const nowMs = clock.monotonicMs()
      if (responder && service?.type === responder.service.type) responder = changeService(responder, service, nowMs)
      else {
        void sayGoodbye()
        if (service) responder = startResponder(service, ttls, nowMs, between(0, 250))
      }
      step()
    },
    told: () => responder,
    found: (type) => {
      const isOwn = ({ label }: FoundService) =>
        responder?.service.type === type && responder.service.label.toLowerCase() === label.toLowerCase()
      return foundServices(browser, type).filter((it) => !isOwn(it))
    },
    stop: async () => {
      isStopped = true
      cancelStep()
      for (const cancel of delayed) cancel()
      await sayGoodbye()
      await link.close()
    },
  }
}
