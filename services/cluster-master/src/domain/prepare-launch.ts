import { protocolOf } from '@bramble/contracts'
import type {
  Base,
  Digest,
  Instance,
  InstanceId,
  InstanceSource,
  LaunchInstance,
  OperationId,
} from '@bramble/contracts'
import type { Overlay, Probe, Publish, Service } from '@bramble/contracts'
import type { Wanted } from './place-filters.ts'

/** What a launch names, found in the catalogue. The base and the overlay are available. */
export type LaunchSource =
  | { kind: 'service'; service: Service; overlay: Overlay; base: Base }
  | { kind: 'overlay'; overlay: Overlay; base: Base }
  | { kind: 'base'; base: Base }

export type Forwarded = Instance['publish']

/** What to ask of a node for it. */
export function wantedOf(source: LaunchSource, publish: readonly Publish[]): Wanted {
  const { base } = source
  const size = { memoryBytes: base.machine?.memoryBytes ?? 0, cpus: base.machine?.cpus ?? 1 }
  const { min, ideal } = source.kind === 'service' ? source.service.resources : { min: size, ideal: size }
  const files = [base, ...(source.kind === 'base' ? [] : [source.overlay])]
  return {
    reserve: min,
    ideal,
    memoryBytes: size.memoryBytes,
    machine: base.machine ?? {},
    publish,
    files: files.map(({ digest, sizeBytes }) => ({ digest: digest as Digest, sizeBytes: sizeBytes ?? 0 })),
  }
}

export function sourceOf(source: LaunchSource): InstanceSource {
  const base = source.base.id
  if (source.kind === 'base') return { kind: 'base', base }
  const overlay = source.overlay.id
  if (source.kind === 'overlay') return { kind: 'overlay', overlay, base }
  const { id: service, version } = source.service
  return { kind: 'service', service, version, overlay, base }
}

/** The service's ports, each with the host port asked for it, then what else was asked for, then the probe's own. */
export function forwardsOf(asked: readonly Publish[], service?: Pick<Service, 'ports' | 'probe'>): Forwarded {
  const forwards: Forwarded = (service?.ports ?? []).map(({ name, port, protocol }) => ({
    name,
    guestPort: port,
    protocol,
  }))
  for (const publish of asked) {
    const known = forwards.find((it) => isSameGuestPort(it, publish) && it.hostPort === undefined)
    if (known) known.hostPort = publish.hostPort
    else forwards.push({ ...publish })
  }
  const probed = service?.probe && probedPort(service.probe)
  if (probed && !forwards.some((it) => isSameGuestPort(it, probed))) forwards.push(probed)
  return forwards
}

export const probedPort = (probe: Probe): Publish => ({ guestPort: probe.port, protocol: protocolOf(probe) })

const isSameGuestPort = (a: Publish, b: Publish) => a.guestPort === b.guestPort && a.protocol === b.protocol

/** Host ports asked for more than once, as `tcp/8080`. */
export function repeatedHostPorts(publish: readonly Publish[]): string[] {
  const asked = publish.filter((it) => it.hostPort !== undefined).map((it) => `${it.protocol}/${it.hostPort}`)
  return [...new Set(asked.filter((key, at) => asked.indexOf(key) !== at))]
}

/** The instance before it is placed, `pending` and without a node. */
export function draftInstance(
  source: LaunchSource,
  { id, operation, request }: { id: InstanceId; operation: OperationId; request: LaunchInstance },
) {
  const service = source.kind === 'service' ? source.service : undefined
  const publish = forwardsOf(request.publish, service)
  const whenLost = request.whenLost ?? service?.whenLost
  return {
    id,
    name: request.name ?? nameFor(source, id),
    source: sourceOf(source),
    reserved: wantedOf(source, publish).reserve,
    publish,
    operation,
    ...(whenLost && { whenLost }),
    status: { phase: 'pending' as const, forwards: [] },
  }
}

/** `search-7k2mvq0w` for an instance of org.example.search. */
function nameFor(source: LaunchSource, id: InstanceId): string {
  const whole = source.kind === 'service' ? source.service.id.split('.').at(-1)! : nameOf(source)
  return `${whole.slice(0, 54)}-${id.slice(-8)}`
}

const nameOf = (source: Exclude<LaunchSource, { kind: 'service' }>) =>
  source.kind === 'base' ? source.base.name : source.overlay.name
