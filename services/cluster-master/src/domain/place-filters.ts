import { canNode } from '@bramble/contracts'
import type { Amount, Digest, Machine, ProblemCode, Publish } from '@bramble/contracts'
import { portKey, rankVersion } from './room.ts'
import type { Room, RoomHost } from './room.ts'

/** What an instance asks of a node. */
export interface Wanted {
  /** Reserved there as long as the instance exists. */
  reserve: Amount
  /** Nodes that have room for this come first. */
  ideal: Amount
  /** What its VM has, whatever is reserved: memory that resumes has the size that it was taken with. */
  memoryBytes: number
  /** All of it for memory that resumes; for a VM that boots cold only what its author named. */
  machine: Partial<Pick<Machine, 'arch' | 'accelerator' | 'machineType' | 'cpuModel' | 'qemuVersion'>>
  publish: readonly Publish[]
  /** Artifacts that the node fetches unless it has them. */
  files: readonly { digest: Digest; sizeBytes: number }[]
}

export interface PlaceContext {
  /** How many reserved cpus a host's cpu bears: most guests are idle most of the time. */
  cpuOvercommit: number
}

export interface Rejection {
  code: ProblemCode
  reason: string
}

/** Why a node cannot take it; undefined when it can, as far as this filter goes. */
export type Filter = (wanted: Wanted, room: Room, host: RoomHost, context: PlaceContext) => Rejection | undefined

const reject = (code: ProblemCode, reason: string): Rejection => ({ code, reason })
const mib = (bytes: number) => `${Math.floor(bytes / 1_048_576)} MiB`

export const matchesMachine: Filter = ({ machine }, _room, host) => {
  const { arch, accelerator, machineType, qemuVersion } = machine
  if (arch && arch !== host.arch) return reject('machine_mismatch', `is ${host.arch}, not ${arch}`)
  if (accelerator && accelerator !== host.accelerator)
    return reject('machine_mismatch', `runs ${host.accelerator}, not ${accelerator}`)
  if (machineType && !host.machineTypes.has(machineType))
    return reject('machine_mismatch', `has no machine type ${machineType}`)
  if (qemuVersion && qemuVersion !== host.qemuVersion && host.qemuRank < rankVersion(qemuVersion))
    return reject('machine_mismatch', `has QEMU ${host.qemuVersion}, older than ${qemuVersion}`)
  return undefined
}

export const providesCpuModel: Filter = ({ machine: { cpuModel } }, _room, host) =>
  cpuModel && !host.cpuModels.has(cpuModel)
    ? reject('cpu_model_unavailable', `cannot provide CPU model ${cpuModel}`)
    : undefined

export const hasMemory: Filter = ({ reserve }, { reserved }, host) => {
  const unreserved = host.memoryBytes - reserved.memoryBytes
  return reserve.memoryBytes > unreserved ? lacksMemory(reserve.memoryBytes, unreserved, host) : undefined
}

/** Reservations are minimums, of which a host may hold more than would fit if all were used: what is free tells. */
export const hasFreeMemory: Filter = ({ reserve, memoryBytes }, { free }, host) => {
  const neededBytes = Math.max(reserve.memoryBytes, memoryBytes)
  const freeBytes = free?.memoryBytes ?? host.memoryBytes
  return neededBytes > freeBytes ? lacksMemory(neededBytes, freeBytes, host) : undefined
}

const lacksMemory = (wantedBytes: number, leftBytes: number, host: RoomHost) =>
  reject('insufficient_memory', `${mib(wantedBytes)} wanted, ${mib(leftBytes)} of ${mib(host.memoryBytes)} left`)

export const hasCpus: Filter = ({ reserve: { cpus } }, { reserved }, host, { cpuOvercommit }) => {
  const left = host.cpus * cpuOvercommit - reserved.cpus
  return cpus > left
    ? reject('no_node_fits', `${cpus} cpus wanted, ${left} of ${host.cpus * cpuOvercommit} not reserved`)
    : undefined
}

export const hasDisk: Filter = ({ files }, { cached, free }) => {
  if (!free) return undefined
  let neededBytes = 0
  for (const { digest, sizeBytes } of files) if (!cached.has(digest)) neededBytes += sizeBytes
  return neededBytes > free.diskBytes
    ? reject('insufficient_disk', `${mib(neededBytes)} to fetch, ${mib(free.diskBytes)} of disk free`)
    : undefined
}

export const hasPorts: Filter = ({ publish }, { ports }) => {
  for (const { hostPort, protocol } of publish) {
    const holder = hostPort === undefined ? undefined : ports.get(portKey(protocol, hostPort))
    if (holder) return reject('port_taken', `port ${hostPort}/${protocol} is held by instance ${holder}`)
  }
  return undefined
}

/** The first reason why a node cannot take it: what every policy asks of a node, then the policy's own filters. */
export function rejectionOf(
  wanted: Wanted,
  room: Room,
  { filters, context }: { filters: readonly Filter[]; context: PlaceContext },
): Rejection | undefined {
  if (!canNode('takeInstances', room.admission)) return reject('no_node_fits', `is ${room.admission}`)
  if (room.liveness !== 'ready') return reject('no_node_fits', `is ${room.liveness}`)
  if (!room.host) return reject('no_node_fits', 'has not reported yet')
  for (const filter of filters) {
    const rejection = filter(wanted, room, room.host, context)
    if (rejection) return rejection
  }
  return undefined
}
