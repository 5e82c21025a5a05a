import {
  bits,
  createFlags,
  defineFlags,
  destroyFlags,
  listFlags,
  shutdownFlags,
  statsGroups,
  undefineFlags,
  xmlFlags,
} from '../protocol/flags.ts'
import { domainStates, jobTypes, nameOf } from '../protocol/names.ts'
import type { Call, CallOptions } from '../protocol/procedures.ts'
import { paramValues } from '../protocol/types.ts'
import type { DomainRef, ParamValues } from '../protocol/types.ts'

type Names<T> = readonly (keyof T)[]

/** Stats by libvirt's own keys, as in `stats['cpu.time']`. */
export type DomainStats = { domain: DomainRef; stats: ParamValues }
export type StatsQuery = { groups?: Names<typeof statsGroups>; domains?: DomainRef[] }

/** What can be done with domains. A call on a domain that is gone rejects with the LibvirtError 'noDomain'. */
export const domainCalls = (call: Call) => ({
  define: async (xml: string, flags?: Names<typeof defineFlags>) =>
    (await call('domainDefineXmlFlags', { xml, flags: bits(defineFlags, flags) })).domain,
  undefine: (domain: DomainRef, flags?: Names<typeof undefineFlags>) =>
    done(call('domainUndefineFlags', { domain, flags: bits(undefineFlags, flags) })),

  /** Starts a defined domain. */
  create: async (domain: DomainRef, flags?: Names<typeof createFlags>, options?: CallOptions) =>
    (await call('domainCreateWithFlags', { domain, flags: bits(createFlags, flags) }, options)).domain,
  /** Starts a transient domain: when it ends, libvirt forgets it. */
  createXml: async (xml: string, flags?: Names<typeof createFlags>, options?: CallOptions) =>
    (await call('domainCreateXml', { xml, flags: bits(createFlags, flags) }, options)).domain,
  /** Asks the guest; it may take its time or not listen. */
  shutdown: (domain: DomainRef, flags?: Names<typeof shutdownFlags>) =>
    done(call('domainShutdownFlags', { domain, flags: bits(shutdownFlags, flags) })),
  /** Ends the VM at once. */
  destroy: (domain: DomainRef, flags?: Names<typeof destroyFlags>) =>
    done(call('domainDestroyFlags', { domain, flags: bits(destroyFlags, flags) })),
  suspend: (domain: DomainRef) => done(call('domainSuspend', { domain })),
  resume: (domain: DomainRef) => done(call('domainResume', { domain })),

  lookupByName: async (name: string) => (await call('domainLookupByName', { name })).domain,
  lookupByUuid: async (uuid: string) => (await call('domainLookupByUuid', { uuid })).domain,
  /** Without filter: all, running or not. */
  list: async (filter?: Names<typeof listFlags>) =>
    (await call('connectListAllDomains', { needResults: 1, flags: bits(listFlags, filter) })).domains,
  state: async (domain: DomainRef) => {
    const { state, reason } = await call('domainGetState', { domain, flags: 0 })
    return { state: nameOf(domainStates, state), reason }
  },
  info: async (domain: DomainRef) => {
    const { state, ...info } = await call('domainGetInfo', { domain })
    return { ...info, state: nameOf(domainStates, state) }
  },
  xml: async (domain: DomainRef, flags?: Names<typeof xmlFlags>) =>
    (await call('domainGetXmlDesc', { domain, flags: bits(xmlFlags, flags) })).xml,

  /** Of all domains, or of those given; without `groups`, all that the daemon knows. */
  stats: async ({ groups, domains = [] }: StatsQuery = {}): Promise<DomainStats[]> => {
    const { records } = await call('connectGetAllDomainStats', { domains, groups: bits(statsGroups, groups), flags: 0 })
    return records.map(({ domain, params }) => ({ domain, stats: paramValues(params) }))
  },

  jobInfo: async (domain: DomainRef) => {
    const { type, ...info } = await call('domainGetJobInfo', { domain })
    return { ...info, type: nameOf(jobTypes, type) }
  },
  /** Gives up the running save or migration of this domain. */
  abortJob: (domain: DomainRef) => done(call('domainAbortJob', { domain })),
})

/** For calls whose result is empty. */
export async function done(answer: Promise<object>): Promise<void> {
  await answer
}
