import { deriveId } from '@bramble/contracts'
import type { BaseSource, OperationId } from '@bramble/contracts'
import type { Wanted } from '../domain/place-filters.ts'
import { probedPort } from '../domain/prepare-launch.ts'

interface BuilderOf {
  /** Of the base. */
  name: string
  source: Extract<BaseSource, { kind: 'disk' }>
  operation: OperationId
}

/** The instance that boots a disk so that a base can be taken of it, before it is placed. */
export function builderOf({ name, source, operation }: BuilderOf) {
  const { memoryBytes, cpus, arch, machineType, cpuModel } = source.machine
  const reserved = { memoryBytes, cpus }
  const publish = [probedPort(source.probe)]
  const id = deriveId('instance', operation)
  const instance = {
    id,
    name: `${name.slice(0, 46)}-builder-${id.slice(-8)}`,
    source: { kind: 'disk' as const, disk: source.disk },
    reserved,
    publish,
    operation,
    status: { phase: 'pending' as const, forwards: [] },
  }
  const wanted: Wanted = {
    reserve: reserved,
    ideal: reserved,
    memoryBytes,
    machine: { ...(arch && { arch }), ...(machineType && { machineType }), ...(cpuModel && { cpuModel }) },
    publish,
    files: [],
  }
  return { instance, wanted }
}
