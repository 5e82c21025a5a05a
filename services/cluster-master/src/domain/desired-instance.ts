import { stopAfterSecondsOf } from '@bramble/contracts'
import type { Base, DesiredInstance, DesiredSource, Instance, MachineSpec, Overlay, Probe } from '@bramble/contracts'

/** The documents that an instance refers to. */
export interface References {
  base?: Base | undefined
  overlay?: Overlay | undefined
  probe?: Probe | undefined
  /** Of a VM that boots from a disk. */
  machine?: MachineSpec | undefined
}

/** All that a node is told of an instance itself. */
export type Told = Pick<Instance, 'id' | 'name' | 'source' | 'publish' | 'whenLost' | 'incarnation'>

/** What its node is told of an instance; undefined while something that it starts from is not there. */
export function desiredInstance(instance: Told, references: References): DesiredInstance | undefined {
  const source = desiredSource(instance, references)
  const size = source?.kind === 'disk' ? source.machine : references.base?.machine
  if (!source || !size) return undefined
  const stopAfterSeconds = stopAfterSecondsOf(instance.whenLost)
  const { incarnation } = instance
  return {
    id: instance.id,
    name: instance.name,
    source,
    memoryBytes: size.memoryBytes,
    cpus: size.cpus,
    publish: instance.publish,
    ...(references.probe && { probe: references.probe }),
    ...(stopAfterSeconds !== undefined && { stopAfterSeconds }),
    ...(incarnation !== undefined && { incarnation }),
  }
}

function desiredSource({ source }: Told, { base, overlay, machine }: References): DesiredSource | undefined {
  if (source.kind === 'disk') return machine && { kind: 'disk', disk: source.disk, machine }
  if (!base?.digest) return undefined
  if (source.kind === 'base') return { kind: 'synthesis', base: base.digest, ...agentOf(base) }
  if (!overlay?.digest) return undefined
  return { kind: 'synthesis', base: base.digest, overlay: overlay.digest, ...agentOf(overlay) }
}

/** An overlay may have brought an agent, so its base does not speak for it. */
const agentOf = ({ hasAgent }: Pick<Base | Overlay, 'hasAgent'>) => (hasAgent === undefined ? {} : { hasAgent })
