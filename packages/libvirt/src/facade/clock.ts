import type { Call, CallOptions } from '../protocol/procedures.ts'
import type { DomainRef } from '../protocol/types.ts'
import { done } from './domains.ts'

const msPerSecond = 1000
const nsPerMs = 1_000_000

/** The guest's clock, through the guest agent, for which libvirt waits without end. */
export const clockCalls = (call: Call) => ({
  time: async (domain: DomainRef, options?: CallOptions): Promise<Date> => {
    const { seconds, nanoseconds } = await call('domainGetTime', { domain, flags: 0 }, options)
    return new Date(Number(seconds) * msPerSecond + nanoseconds / nsPerMs)
  },
  setTime: (domain: DomainRef, time: Date, options?: CallOptions) =>
    done(call('domainSetTime', { domain, ...wireTime(time), flags: 0 }, options)),
})

function wireTime(time: Date) {
  const seconds = Math.floor(time.getTime() / msPerSecond)
  return { seconds: BigInt(seconds), nanoseconds: (time.getTime() - seconds * msPerSecond) * nsPerMs }
}
