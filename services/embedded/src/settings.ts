import { z } from 'zod'
import { HttpSettings, tlsMistakeOf } from '@bramble/cluster-master'
import { NodeId } from '@bramble/contracts'
import { CloudletName, InterfaceName, Ttl } from '@bramble/discovery'
import { logLevels } from '@bramble/kit'

const PortNumber = z.int().min(1).max(65535)
const GiB = 1024 ** 3

/** Settings of the embedded cloudlet; config/embedded.example.yaml explains them. */
export const EmbeddedSettings = z
  .strictObject({
    /** Everything that is kept: store, blobs, images, disks of instances. */
    stateDir: z.string().min(1).default('/var/lib/bramble'),
    /** Where the API listens. */
    http: HttpSettings.prefault({}),
    /** The testbed's description, followed while the cloudlet runs; it need not be there. */
    descriptionFile: z.string().min(1).optional(),
    log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
    events: z.strictObject({ keep: z.int().min(100).default(100_000) }).prefault({}),
    /** Tells the network of an interface of the cloudlet, and looks for others; on none when left out. */
    discovery: z
      .strictObject({
        interface: InterfaceName.optional(),
        /** What the cloudlet would like to be called there; the host's name when left out. */
        name: CloudletName.optional(),
        /** Where clients find the API, when that is not where it listens. */
        advertisedAddress: z.ipv4().optional(),
        /** How long others go on believing in a cloudlet that ended without a word. */
        ttl: Ttl,
      })
      .prefault({}),
    /** The node agent of this host. */
    node: z
      .strictObject({
        id: NodeId.default('local' as NodeId),
        cluster: z.string().default('default'),
        driver: z.enum(['libvirt', 'simulated', 'none']).default('libvirt'),
        /** Host ports for forwards that asked for none. */
        ports: z.strictObject({ from: PortNumber.default(20_000), to: PortNumber.default(29_999) }).prefault({}),
        /** The address at which forwards are bound, and at which clients find them. */
        address: z.string().default('127.0.0.1'),
        /** Memory that instances never get. */
        reservedMemoryBytes: z
          .int()
          .min(0)
          .default(GiB / 2),
        libvirtSocket: z.string().default('/run/libvirt/libvirt-sock'),
      })
      .prefault({}),
    /** A fleet of simulated nodes beside it: sim-001, sim-002, ... */
    simulated: z
      .strictObject({
        nodes: z.int().min(0).max(5000).default(0),
        cpus: z.int().min(1).default(64),
        memoryBytes: z
          .int()
          .min(1)
          .default(256 * GiB),
        startMs: z.int().min(0).default(2),
        readyMs: z.int().min(0).default(2),
      })
      .prefault({}),
  })
  .superRefine((settings, context) => {
    const mistake = tlsMistakeOf(settings)
    if (mistake) context.addIssue({ code: 'custom', ...mistake })
  })
export type EmbeddedSettings = z.output<typeof EmbeddedSettings>
