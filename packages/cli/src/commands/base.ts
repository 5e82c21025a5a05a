import { pushDisk } from '@bramble/client'
import type { Base } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import type { Shape } from '../output/format.ts'
import { openProgress } from '../output/progress.ts'
import { parseProbe } from '../parse/port.ts'
import { formatSize, parseSize } from '../parse/size.ts'
import { addWaitFlags, awaitOperation, type WaitFlags } from './await-operation.ts'
import { removeEach } from './remove-each.ts'
import { addList, addShow, withSession } from './verbs.ts'

export const baseShape: Shape<Base> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'id', text: (it) => it.id },
    { name: 'status', text: (it) => it.status },
    { name: 'machine', text: (it) => (it.machine ? `${it.machine.machineType} ${it.machine.cpuModel}` : '') },
    { name: 'accelerator', text: (it) => it.machine?.accelerator ?? '' },
    { name: 'memory', text: (it) => (it.machine ? formatSize(it.machine.memoryBytes) : '') },
    { name: 'disk', text: (it) => (it.diskBytes === undefined ? '' : formatSize(it.diskBytes)) },
    { name: 'size', text: (it) => (it.sizeBytes === undefined ? '' : formatSize(it.sizeBytes)) },
    { name: 'agent', text: (it) => (it.hasAgent === undefined ? '' : it.hasAgent ? 'yes' : 'no') },
    { name: 'digest', text: (it) => it.digest ?? '', hidden: true },
    { name: 'description', text: (it) => it.description, hidden: true },
    { name: 'created', text: (it) => it.createdAt, hidden: true },
  ],
}

interface CreateFlags extends WaitFlags {
  disk?: string
  manifest?: string
  memory: string
  cpus: string
  machineType?: string
  cpuModel?: string
  probe?: string
  probeTimeout?: string
  description: string
}

const push = async (session: Session, path: string) => {
  const line = openProgress(session.flags.quiet)
  const words = { hashing: 'reading the disk image', sending: 'sending the disk image' }
  const digest = await pushDisk(session.client, path, ({ phase, doneBytes, totalBytes }) =>
    line.show(words[phase], { done: doneBytes, total: totalBytes, unit: 'bytes' }),
  )
  line.done('disk image is on the master')
  return digest
}

const sourceOf = async (session: Session, flags: CreateFlags) => {
  if (!flags.disk === !flags.manifest) throw new UsageError('give either --disk FILE or --manifest DIGEST')
  if (flags.manifest) return { kind: 'manifest' as const, digest: flags.manifest as never }
  if (!flags.probe)
    throw new UsageError('--probe is needed with --disk: what must answer before the guest counts as ready')
  const probe = parseProbe(flags.probe, flags.probeTimeout ? Number(flags.probeTimeout) : undefined)
  const machine = {
    memoryBytes: parseSize(flags.memory),
    cpus: Number(flags.cpus),
    ...(flags.machineType && { machineType: flags.machineType }),
    ...(flags.cpuModel && { cpuModel: flags.cpuModel }),
  }
  return { kind: 'disk' as const, disk: await push(session, flags.disk!), machine, probe }
}

const create = async (session: Session, name: string, flags: CreateFlags): Promise<void> => {
  const source = await sourceOf(session, flags)
  const operation = await session.client.bases.create({ body: { name, description: flags.description, source } })
  if (!(await awaitOperation(session, operation, flags))) return
  session.output.item(await session.client.bases.show({ params: { base: name } }), baseShape)
}

export const addBaseCommands = (program: Command): void => {
  const noun = program.command('base').description('base VMs: disk, memory and device state to start from')
  addList(noun, { what: 'bases', shape: baseShape, list: (session) => session.client.bases.list })
  addShow(noun, {
    what: 'one base',
    shape: baseShape,
    show: (session, base) => session.client.bases.show({ params: { base } }),
  })
  addWaitFlags(
    noun
      .command('create <name>')
      .description('boot a disk image, wait until its probe answers, and keep disk and memory as a base')
      .option('--disk <file>', 'a qcow2 image that boots by itself')
      .option('--manifest <digest>', 'register a base that was pushed under /v2/bases/')
      .option('--memory <size>', 'memory of the guest', '512M')
      .option('--cpus <n>', 'processors of the guest', '1')
      .option('--machine-type <type>', 'versioned machine type; the newest of the node when left out')
      .option('--cpu-model <model>', 'named CPU model; one that every node provides when left out')
      .option('--probe <probe>', 'http:PORT/PATH, banner:PORT or banner:PORT=EXPECTED')
      .option('--probe-timeout <seconds>', 'how long the boot may take (default 120)')
      .option('--description <text>', 'what it is', ''),
  ).action(withSession(create))
  removeEach(noun, 'bases that nothing uses', (session, base) => session.client.bases.remove({ params: { base } }))
}
