import type {
  Accelerator,
  Admission,
  Arch,
  Digest,
  HostFacts,
  HostFree,
  Liveness,
  NodeId,
  Protocol,
} from '@bramble/contracts'
import type { z } from 'zod'

/** What a host offers, in the shape in which it is asked for at every launch. */
export interface RoomHost {
  arch: Arch
  accelerator: Accelerator
  machineTypes: ReadonlySet<string>
  cpuModels: ReadonlySet<string>
  qemuVersion: string
  qemuRank: number
  memoryBytes: number
  cpus: number
}

/** A node as placement sees it. Kept up to date with every write, so that a launch only compares. */
export interface Room {
  id: NodeId
  cluster: string
  admission: z.infer<typeof Admission>
  liveness: z.infer<typeof Liveness>
  /** Absent until its agent reported. */
  host?: RoomHost
  free?: HostFree
  reserved: { memoryBytes: number; cpus: number }
  /** Host ports in use, `tcp/8080`, and the name of the instance that holds each. */
  ports: ReadonlyMap<string, string>
  /** Digests of the bases and overlays that it has already. */
  cached: ReadonlySet<Digest>
}

export const portKey = (protocol: Protocol, port: number): string => `${protocol}/${port}`

export const roomHostOf = (host: HostFacts): RoomHost => ({
  arch: host.arch,
  accelerator: host.accelerator,
  machineTypes: new Set(host.machineTypes),
  cpuModels: new Set(host.cpuModels),
  qemuVersion: host.qemuVersion,
  qemuRank: rankVersion(host.qemuVersion),
  memoryBytes: host.memoryBytes,
  cpus: host.cpus,
})

/** A number that grows with the version: 10.1.2 before 10.2.0. */
export function rankVersion(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0)
  return major * 1e6 + minor * 1e3 + patch
}
