import type { CreateService, Service, ServiceId, UpdateService } from '@bramble/contracts'
import type { Command } from 'commander'
import { parse } from 'yaml'
import type { Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import type { Shape } from '../output/format.ts'
import { parseProbe, parseServicePort } from '../parse/port.ts'
import { formatSize, parseSize } from '../parse/size.ts'
import { readInputText } from '../read-input.ts'
import { formatWhenLost, parseWhenLost, whenLostHint } from '../parse/when-lost.ts'
import { removeEach } from './remove-each.ts'
import { addList, addShow, withSession } from './verbs.ts'

const amount = ({ memoryBytes, cpus }: Service['resources']['min']): string => `${formatSize(memoryBytes)}, ${cpus} cpu`

export const serviceShape: Shape<Service> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'id', text: (it) => it.id },
    { name: 'version', text: (it) => it.version },
    { name: 'ports', text: (it) => it.ports.map((port) => `${port.name}=${port.port}/${port.protocol}`).join(' ') },
    { name: 'min', text: (it) => amount(it.resources.min) },
    { name: 'ideal', text: (it) => amount(it.resources.ideal) },
    { name: 'clients', text: (it) => (it.maxClients ? String(it.maxClients) : 'any') },
    { name: 'variants', text: (it) => it.variants.map((variant) => `${variant.kind}/${variant.arch}`).join(' ') },
    { name: 'tags', text: (it) => it.tags.join(' ') },
    { name: 'description', text: (it) => it.description, hidden: true },
    { name: 'when-lost', text: (it) => formatWhenLost(it.whenLost), hidden: true },
    { name: 'created', text: (it) => it.createdAt, hidden: true },
  ],
}

interface ServiceFlags {
  file?: string
  serviceVersion?: string
  description?: string
  tag?: string[]
  port?: string[]
  minMemory?: string
  minCpus?: string
  idealMemory?: string
  idealCpus?: string
  maxClients?: string
  probe?: string
  overlay?: string
  whenLost?: string
}

const amountOf = (memory?: string, cpus?: string) => ({
  ...(memory && { memoryBytes: parseSize(memory) }),
  ...(cpus && { cpus: Number(cpus) }),
})

const resourcesOf = (flags: ServiceFlags) => {
  const min = amountOf(flags.minMemory, flags.minCpus)
  const ideal = amountOf(flags.idealMemory, flags.idealCpus)
  const resources = { ...(Object.keys(min).length && { min }), ...(Object.keys(ideal).length && { ideal }) }
  return Object.keys(resources).length ? { resources } : {}
}

/** A file may say of which service it is. */
type Fields = UpdateService & { id?: ServiceId }

/** The fields that flags set, over those of the file. */
const fieldsOf = async (flags: ServiceFlags): Promise<Fields> => ({
  ...(flags.file && (await readFields(flags.file))),
  ...(flags.serviceVersion && { version: flags.serviceVersion }),
  ...(flags.description !== undefined && { description: flags.description }),
  ...(flags.tag && { tags: flags.tag }),
  ...(flags.port && { ports: flags.port.map(parseServicePort) }),
  ...resourcesOf(flags),
  ...(flags.maxClients && { maxClients: Number(flags.maxClients) }),
  ...(flags.probe && { probe: parseProbe(flags.probe) }),
  ...(flags.whenLost && { whenLost: parseWhenLost(flags.whenLost) }),
  ...(flags.overlay && { variants: [{ kind: 'vm' as const, overlay: flags.overlay }] }),
})

const readFields = async (file: string): Promise<Fields> => {
  try {
    return parse(await readInputText(file)) as Fields
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

/** The fields alone, and the service they are for. */
const nameService = (
  wanted: string | undefined,
  { id, ...fields }: Fields,
): { id: ServiceId; fields: UpdateService } => {
  const named = wanted ?? id
  if (!named) throw new UsageError('name the service, or give a file with its id')
  if (id !== undefined && id !== named) throw new UsageError(`the file is of ${id}, not of ${named}`)
  return { id: named as ServiceId, fields }
}

const fill = (fields: UpdateService): UpdateService => {
  const { min, ideal } = fields.resources ?? {}
  if (!min && !ideal) return fields
  const smallest = { memoryBytes: 64 * 1024 * 1024, cpus: 1, ...min }
  return { ...fields, resources: { min: smallest, ideal: { ...smallest, ...ideal } } }
}

const create = async (session: Session, wanted: string | undefined, flags: ServiceFlags): Promise<void> => {
  const { id, fields } = nameService(wanted, await fieldsOf(flags))
  const body = { id, ...fill(fields) } as CreateService
  session.output.item(await session.client.services.create({ body }), serviceShape)
}

const update = async (session: Session, wanted: string, flags: ServiceFlags): Promise<void> => {
  const { id, fields: body } = nameService(wanted, await fieldsOf(flags))
  const params = { service: id }
  const { revision } = await session.client.services.show({ params })
  session.output.item(await session.client.services.update({ params, body, ifMatch: revision }), serviceShape)
}

const collect = (value: string, all: string[] = []): string[] => [...all, value]

const addFieldFlags = (command: Command): Command =>
  command
    .option('-f, --file <file>', 'read the fields from a YAML or JSON file (- for stdin); flags go before it')
    .option('--service-version <text>', 'version')
    .option('--description <text>', 'what it does')
    .option('--tag <tag>', 'a tag (repeat for more)', collect)
    .option('--port <name=port/protocol>', 'a port the guest listens on (repeat for more)', collect)
    .option('--min-memory <size>', 'least memory: what placement reserves')
    .option('--min-cpus <n>', 'least processors')
    .option('--ideal-memory <size>', 'memory given where it fits')
    .option('--ideal-cpus <n>', 'processors given where they fit')
    .option('--max-clients <n>', 'most clients that share one instance; 0 for no limit')
    .option('--probe <probe>', 'http:PORT/PATH, banner:PORT or banner:PORT=EXPECTED')
    .option('--overlay <name>', 'the overlay it runs from')
    .option('--when-lost <policy>', `when node and master lose each other: ${whenLostHint}`)

export const addServiceCommands = (program: Command): void => {
  const noun = program.command('service').description('the catalogue: what clients ask for by name')
  addList(noun, { what: 'services', shape: serviceShape, list: (session) => session.client.services.list })
  addShow(noun, {
    what: 'one service',
    shape: serviceShape,
    show: (session, id) => session.client.services.show({ params: { service: id as ServiceId } }),
  })
  addFieldFlags(noun.command('create [id]').description('add a service')).action(withSession(create))
  addFieldFlags(noun.command('update <id>').description('change the fields that are given')).action(withSession(update))
  removeEach(noun, 'services that no instance runs', (session, id) =>
    session.client.services.remove({ params: { service: id as ServiceId } }),
  )
}
