import type {
  Captured,
  Digest,
  DesiredInstance,
  ExecRequest,
  ExecResult,
  Forward,
  HostFacts,
  HostFree,
  InstanceId,
  Probe,
  Progress,
  Protocol,
  Timings,
} from '@bramble/contracts'

/** A place on this node in which an instance runs: what the domain owns, decided before it starts and kept in the ledger. */
export interface Slot {
  /** Names the domain (`bramble-<id>`) and its folder. */
  id: string
  domainUuid: string
  forwards: Forward[]
}

/** A domain of this agent as the hypervisor sees it now. `incoming`: waits for its memory, never ran. */
export interface Domain {
  slotId: string
  domainUuid: string
  state: 'incoming' | 'running' | 'paused' | 'stopped'
}

export interface StartSpec {
  instance: DesiredInstance
  slot: Slot
}

export interface CaptureSpec {
  kind: 'base' | 'overlay'
  instance: InstanceId
  slot: Slot
  /** The base the instance was made on; absent when it booted from a disk. */
  base?: Digest
  /** The instance's own overlay, if it had one. */
  overlay?: Digest
  /**
   * Folder in which the artifact's files are made, and what it takes to make them; the caller removes it, after a crash
   * too. It is the agent's own, on the disk of the slots, and every user may pass through its parents.
   */
  workDir: string
}

/** Files of an OCI artifact, ready to be pushed: the manifest's bytes and the blobs it names. */
export interface Artifact {
  manifest: Buffer
  mediaType: string
  blobs: { digest: Digest; sizeBytes: number; path: string }[]
  captured: Captured
}

export type OnProgress = (detail: string, progress?: Progress) => void

export type DriverHost = Omit<HostFacts, 'agentVersion' | 'advertisedAddress' | 'listenerUrl'>

/**
 * What the agent needs of a hypervisor. Two adapters: `simulated` (fleets for teaching, CI and scale studies) and
 * `libvirt`; driver.contract.ts runs against both. Every method may be called again after a crash half-way: start()
 * and destroy() of a slot are idempotent. Expected failures are ProblemErrors with their own code; `unavailable` says that
 * the hypervisor itself cannot be asked now.
 */
export interface Driver {
  readonly kind: 'simulated' | 'libvirt'
  describeHost(): Promise<DriverHost>
  measureFree(): Promise<HostFree>
  /** Domains of this agent, also those that its ledger does not know; never those of another one on the same hypervisor. */
  listDomains(): Promise<Domain[]>
  /** Whether this host port can be bound now; names its holder when it is known. Rejects with port_unusable. */
  checkPort(port: { address: string; port: number; protocol: Protocol }): Promise<{ free: boolean; holder?: string }>
  /** Refuses before any work: machine, CPU model, memory, disk. */
  check(instance: DesiredInstance): Promise<void>
  /**
   * Starts the VM and returns once it runs; undoes what it half did when it fails. A driver may end early when `signal`
   * is aborted (the instance was deleted, the agent stops); the agent calls destroy() in either case.
   */
  start(spec: StartSpec, onProgress: OnProgress, signal?: AbortSignal): Promise<{ timings: Timings }>
  /** Resolves once the guest's own bytes answered the probe through the forward; rejects with guest_not_ready or guest_stopped. */
  waitReady(slot: Slot, probe: Probe | undefined, signal: AbortSignal): Promise<void>
  /** Sets the guest's clock to the host's. */
  setClock(slot: Slot): Promise<'set' | 'noAgent'>
  /** Ends the domain and removes everything of the slot. */
  destroy(slot: Pick<Slot, 'id' | 'domainUuid'>): Promise<void>
  /** Takes a base or an overlay; the guest runs on. */
  capture(spec: CaptureSpec, onProgress: OnProgress): Promise<Artifact>
  exec(slot: Slot, request: ExecRequest): Promise<ExecResult>
  readConsole(slot: Slot, tailBytes: number): Promise<Buffer>
  /** The end of what the hypervisor itself wrote of the VM. */
  readLog(slot: Slot, tailBytes: number): Promise<Buffer>
  /** Digests of manifests whose files are on this node. */
  listCached(): Promise<{ bases: Digest[]; overlays: Digest[] }>
  /** Calls back when a domain changed by itself (stopped, crashed, hypervisor back). Returns the way to end it. */
  onChange(listener: () => void): () => void
  /** Lets go of the hypervisor; touches no VM. */
  close(): Promise<void>
}
