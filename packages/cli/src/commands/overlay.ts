import type { Overlay } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import type { Shape } from '../output/format.ts'
import { formatSize } from '../parse/size.ts'
import { addWaitFlags, awaitOperation, type WaitFlags } from './await-operation.ts'
import { removeEach } from './remove-each.ts'
import { addList, addShow, withSession } from './verbs.ts'

export const overlayShape: Shape<Overlay> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'id', text: (it) => it.id },
    { name: 'status', text: (it) => it.status },
    { name: 'base', text: (it) => it.base ?? '' },
    { name: 'size', text: (it) => (it.sizeBytes === undefined ? '' : formatSize(it.sizeBytes)) },
    { name: 'memory-pages', text: (it) => String(it.stats?.memoryPages ?? '') },
    { name: 'disk-pages', text: (it) => String(it.stats?.diskPages ?? '') },
    { name: 'literal-pages', text: (it) => String(it.stats?.literalPages ?? ''), hidden: true },
    { name: 'duplicate-pages', text: (it) => String(it.stats?.duplicatePages ?? ''), hidden: true },
    { name: 'base-pages', text: (it) => String(it.stats?.basePages ?? ''), hidden: true },
    { name: 'zero-pages', text: (it) => String(it.stats?.zeroPages ?? ''), hidden: true },
    { name: 'digest', text: (it) => it.digest ?? '', hidden: true },
    { name: 'description', text: (it) => it.description, hidden: true },
    { name: 'created', text: (it) => it.createdAt, hidden: true },
  ],
}

interface CreateFlags extends WaitFlags {
  instance?: string
  manifest?: string
  description: string
}

const sourceOf = ({ instance, manifest }: CreateFlags) => {
  if (!instance === !manifest) throw new UsageError('give either --instance NAME or --manifest DIGEST')
  if (instance) return { kind: 'instance' as const, instance }
  return { kind: 'manifest' as const, digest: manifest as never }
}

const create = async (session: Session, name: string, flags: CreateFlags): Promise<void> => {
  const body = { name, description: flags.description, source: sourceOf(flags) }
  const operation = await session.client.overlays.create({ body })
  if (!(await awaitOperation(session, operation, flags))) return
  session.output.item(await session.client.overlays.show({ params: { overlay: name } }), overlayShape)
}

export const addOverlayCommands = (program: Command): void => {
  const noun = program.command('overlay').description('overlays: what a customised VM differs by from its base')
  addList(noun, { what: 'overlays', shape: overlayShape, list: (session) => session.client.overlays.list })
  addShow(noun, {
    what: 'one overlay',
    shape: overlayShape,
    show: (session, overlay) => session.client.overlays.show({ params: { overlay } }),
  })
  addWaitFlags(
    noun
      .command('create <name>')
      .description('save what a running instance differs by from its base; it runs on')
      .option('--instance <name>', 'the instance to save')
      .option('--manifest <digest>', 'register an overlay that was pushed under /v2/overlays/')
      .option('--description <text>', 'what it is', ''),
  ).action(withSession(create))
  removeEach(noun, 'overlays that nothing uses', (session, overlay) =>
    session.client.overlays.remove({ params: { overlay } }),
  )
}
