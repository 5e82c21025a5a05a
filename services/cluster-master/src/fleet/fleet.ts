// What the master knows of its nodes beyond their documents, by node: instances accepted for it (stored or not yet),
// sums of what they reserve, host ports, what it last reported. All of it is derived: from the stored documents at the
// start, from every write after that, and from reports. The one place that placement, publishing and reads ask.
import { isSameIncarnation } from '@bramble/contracts'
import type {
  CaptureId,
  DesiredCapture,
  Instance,
  InstanceId,
  Node,
  NodeId,
  ObservedInstance,
} from '@bramble/contracts'
import type { Draft } from '../store/store.ts'
import { sharesAt } from '../domain/neighbours.ts'
import { portKey, roomHostOf } from '../domain/room.ts'
import { keepRooms } from '../domain/rooms.ts'
import type { Rooms } from '../domain/rooms.ts'
import type { FleetNode, Held, Reported } from './fleet-node.ts'
import { isToldAs } from './is-told-as.ts'

/** An instance that was accepted, whether it is stored yet or not. */
export type Accepted = Draft<Instance>

export interface Fleet {
  nodes(): Iterable<FleetNode>
  /** The same, as placement compares them. */
  rooms: Rooms
  node(id: NodeId): FleetNode | undefined
  /** The names of instances that are stored or accepted. */
  hasName(name: string): boolean
  accepted(id: string): Accepted | undefined
  acceptedNamed(name: string): Accepted | undefined
  nodeChanged(node: Node): void
  /** Counts an instance on its node, from the moment it is accepted; again when it changed. */
  hold(instance: Accepted): void
  release(id: InstanceId): void
  report(id: NodeId, reported: Reported): void
  /** What its node last told of an instance; not of a VM that it had there before. */
  observed(instance: Pick<Instance, 'id' | 'node' | 'incarnation'>): ObservedInstance | undefined
  /** From now on no document names it to its node. Returns that node. */
  leave(id: InstanceId, sinceMs: number): NodeId | undefined
  /** It was given to another node, or is not to leave any more. */
  left(instance: Pick<Instance, 'id' | 'node'>): void
  /** Another host has the name: what the one before told, and was told, is nothing to it. */
  forgetReports(id: NodeId): void
  /** Returns the node whose desired document is to name it. */
  wantCapture(capture: DesiredCapture): NodeId | undefined
  /** Returns the node whose desired document named it. */
  dropCapture(id: CaptureId): NodeId | undefined
}

export function createFleet(): Fleet {
  const nodes = new Map<NodeId, FleetNode>()
  const rooms = keepRooms()
  const held = new Map<string, Held>()
  const heldByName = new Map<string, Held>()
  const nodeOfCapture = new Map<CaptureId, FleetNode>()

  const count = (instance: Accepted, sign: 1 | -1) => {
    const node = nodes.get(instance.node)
    if (!node) return
    node.reserved.memoryBytes += sign * instance.reserved.memoryBytes
    node.reserved.cpus += sign * instance.reserved.cpus
    for (const port of portsOf(instance)) {
      if (sign === 1) node.ports.set(port, instance.name)
      else node.ports.delete(port)
    }
    rooms.note(node)
  }
  const setNode = (node: FleetNode) => {
    nodes.set(node.id, node)
    rooms.note(node)
  }
  const release = (id: InstanceId) => {
    const before = held.get(id)?.instance
    if (!before) return
    count(before, -1)
    nodes.get(before.node)?.instances.delete(id)
    held.delete(id)
    heldByName.delete(before.name)
  }
  const hold = (instance: Accepted) => {
    const { id, name } = instance
    let here = held.get(id)
    if (here?.instance.node === instance.node) {
      count(here.instance, -1)
      if (!isToldAs(here.instance, instance)) here.made = undefined
      here.instance = instance
    } else {
      release(id)
      here = { instance, made: undefined }
    }
    held.set(id, here)
    heldByName.set(name, here)
    count(instance, 1)
    const node = nodes.get(instance.node)
    node?.instances.set(id, here)
    node?.heldSince.add(id)
  }

  return {
    nodes: () => nodes.values(),
    rooms,
    node: (id) => nodes.get(id),
    hasName: (name) => heldByName.has(name),
    accepted: (id) => held.get(id)?.instance,
    acceptedNamed: (name) => heldByName.get(name)?.instance,
    nodeChanged: (node) => {
      setNode(Object.assign(nodes.get(node.id) ?? emptyNode(node), describe(node)))
    },
    hold,
    release,
    report: (id, reported) => {
      const node = nodes.get(id)
      if (node) Object.assign(node, reported)
    },
    observed: (instance) => {
      const observed = nodes.get(instance.node)?.observed.get(instance.id)
      return observed && isSameIncarnation(observed, instance) ? observed : undefined
    },
    leave: (id, sinceMs) => {
      const node = nodes.get(held.get(id)?.instance.node as NodeId)
      if (!node || node.leaving.has(id)) return undefined
      node.leaving.set(id, { sinceMs })
      return node.id
    },
    left: ({ id, node }) => {
      for (const kept of ['leaving', 'withoutSince', 'gone'] as const) nodes.get(node)?.[kept].delete(id)
    },
    forgetReports: (id) => {
      const node = nodes.get(id)
      if (node) setNode({ ...emptyNode(node), instances: node.instances, reserved: node.reserved, ports: node.ports })
    },
    wantCapture: (capture) => {
      const node = nodes.get(held.get(capture.instance)?.instance.node as NodeId)
      if (!node) return undefined
      node.captures.set(capture.id, capture)
      nodeOfCapture.set(capture.id, node)
      return node.id
    },
    dropCapture: (id) => {
      const node = nodeOfCapture.get(id)
      nodeOfCapture.delete(id)
      node?.captures.delete(id)
      node?.outcomes.delete(id)
      return node?.id
    },
  }
}

const describe = (node: Node) => ({
  cluster: node.cluster,
  sharesAt: sharesAt(node.host),
  admission: node.admission,
  liveness: node.liveness,
  ...(node.host && { host: roomHostOf(node.host) }),
})

const emptyNode = (node: Pick<Node, 'id' | 'cluster' | 'admission' | 'liveness'>): FleetNode => ({
  id: node.id,
  cluster: node.cluster,
  admission: node.admission,
  liveness: node.liveness,
  reserved: { memoryBytes: 0, cpus: 0 },
  ports: new Map(),
  cached: new Set(),
  instances: new Map(),
  observed: new Map(),
  heldSince: new Set(),
  captures: new Map(),
  outcomes: new Map(),
  leaving: new Map(),
  withoutSince: new Map(),
  gone: new Set(),
})

/** The ports that it asked for, and those that its node gave it. */
function portsOf({ publish, status }: Accepted): string[] {
  const ports: string[] = []
  for (const { protocol, hostPort } of publish) if (hostPort !== undefined) ports.push(portKey(protocol, hostPort))
  for (const { protocol, hostPort } of status.forwards) ports.push(portKey(protocol, hostPort))
  return ports
}
