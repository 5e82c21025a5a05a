// libvirt's bit flags by name. Source: libvirt-domain.h.

export const listFlags = { active: 1, inactive: 2, persistent: 4, transient: 8 }
export const xmlFlags = { secure: 1, inactive: 2, updateCpu: 4, migratable: 8 }
export const defineFlags = { validate: 1 }
export const createFlags = { paused: 1, autoDestroy: 2, bypassCache: 4, forceBoot: 8, validate: 16, resetNvram: 32 }
export const destroyFlags = { graceful: 1 }
export const shutdownFlags = { acpiPowerButton: 1, guestAgent: 2, initctl: 4, signal: 8, paravirt: 16 }
export const undefineFlags = { managedSave: 1, snapshotsMetadata: 2, nvram: 4, keepNvram: 8, checkpointsMetadata: 16 }
export const saveFlags = { bypassCache: 1, running: 2, paused: 4, resetNvram: 8 }
export const migrateFlags = {
  live: 1,
  persistDestination: 8,
  undefineSource: 16,
  paused: 32,
  changeProtection: 256,
  unsafe: 512,
  abortOnError: 4096,
  autoConverge: 8192,
}
export const statsGroups = {
  state: 1,
  cpu: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
  perf: 64,
  iothread: 128,
  memory: 256,
  dirtyRate: 512,
  vm: 1024,
}

/** The sum of the named bits of one table. */
export function bits<T extends Record<string, number>>(table: T, names: readonly (keyof T)[] = []): number {
  return names.reduce((sum, name) => sum | (table[name] ?? 0), 0)
}
