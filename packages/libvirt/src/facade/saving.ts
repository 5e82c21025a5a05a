import { bits, saveFlags } from '../protocol/flags.ts'
import type { Call } from '../protocol/procedures.ts'
import type { DomainRef } from '../protocol/types.ts'
import { done } from './domains.ts'

/** `xml`: put in the place of the saved one; libvirt refuses another name, UUID or guest-visible hardware. */
export type SaveOptions = { xml?: string; flags?: readonly (keyof typeof saveFlags)[] }

/** Saving a whole VM to a file, on the daemon's host. */
export const savingCalls = (call: Call) => ({
  save: (domain: DomainRef, path: string, { xml, flags }: SaveOptions = {}) =>
    done(call('domainSaveFlags', { domain, path, xml: xml ?? null, flags: bits(saveFlags, flags) })),
  restore: (path: string, { xml, flags }: SaveOptions = {}) =>
    done(call('domainRestoreFlags', { path, xml: xml ?? null, flags: bits(saveFlags, flags) })),
  savedXml: async (path: string) => (await call('domainSaveImageGetXmlDesc', { path, flags: 0 })).xml,
  replaceSavedXml: (path: string, xml: string) => done(call('domainSaveImageDefineXml', { path, xml, flags: 0 })),
})
