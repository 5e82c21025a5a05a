// libvirt's enums as lists: a value's place is its number. Source: libvirt-domain.h. Newer daemons may know more
// values than these; they read as 'unknown'.

export const domainStates = [
  'noState',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmSuspended',
] as const

export const lifecycleKinds = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmSuspended',
  'crashed',
] as const

export const stoppedReasons = [
  'shutdown',
  'destroyed',
  'crashed',
  'migrated',
  'saved',
  'failed',
  'fromSnapshot',
] as const

export const jobTypes = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const

export type DomainState = (typeof domainStates)[number] | 'unknown'
export type JobType = (typeof jobTypes)[number] | 'unknown'

export function nameOf<const T extends readonly string[]>(names: T, number: number): T[number] | 'unknown' {
  return names[number] ?? 'unknown'
}
