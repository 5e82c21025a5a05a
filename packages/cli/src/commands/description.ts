import type { DescriptionChange, Declaration } from '@bramble/contracts'
import { readDescription } from '@bramble/contracts/read-description'
import type { ReadDescription } from '@bramble/contracts/read-description'
import { exitCodes } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { ExitError, UsageError } from '../exit-code.ts'
import type { Shape } from '../output/format.ts'
import { readInputText } from '../read-input.ts'
import { withSession } from './verbs.ts'

const changeShape: Shape<DescriptionChange> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'change', text: (it) => it.verb },
    { name: 'item', text: (it) => it.id },
  ],
}

type ShownItem = Declaration & { state: string }

const itemShape: Shape<ShownItem> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'item', text: (it) => it.id },
    { name: 'state', text: (it) => it.state },
    { name: 'says', text: (it) => JSON.stringify(it.spec) },
    { name: 'key', text: (it) => it.key, hidden: true },
  ],
}

const defaultFile = 'config/bramble.yaml'

const read = async (file: string): Promise<ReadDescription> => {
  const text = await readInputText(file).catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`)
  })
  return readDescription(text)
}

/** All mistakes at once, each where an editor finds it. */
const readOrRefuse = async (file: string) => {
  const result = await read(file)
  if ('description' in result) return result.description
  const name = file === '-' ? 'stdin' : file
  for (const { line, column, key, message } of result.mistakes)
    process.stderr.write(`${name}:${line}:${column}: ${key && `${key}: `}${message}\n`)
  throw new ExitError(exitCodes.usage)
}

interface ApplyFlags {
  file: string
  prune?: boolean
  dryRun?: boolean
}

const flag = (isSet: boolean): 'true' | 'false' => (isSet ? 'true' : 'false')

const apply = async (session: Session, { file, prune = false, dryRun = false }: ApplyFlags): Promise<void> => {
  const body = await readOrRefuse(file)
  const from = file === '-' ? 'stdin' : file
  const query = { from, prune: flag(prune), dryRun: flag(dryRun) }
  const { changes } = await session.client.description.apply({ body, query })
  session.output.items(changes, changeShape)
  const told = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`
  session.output.say(dryRun ? `${told}; nothing was done, it was only tried` : told)
}

const validate = async ({ output }: Session, file = defaultFile): Promise<void> => {
  await readOrRefuse(file)
  output.say(`${file === '-' ? 'stdin' : file} has no mistakes`)
}

const show = async ({ client, output }: Session): Promise<void> => {
  const shown = await client.description.show()
  if (output.format === 'json' || output.format === 'yaml') return output.item(shown, { nameOf: () => '', columns: [] })
  const stateOf = ({ item, isNamed, section }: Declaration) => {
    if (!isNamed) return 'left'
    return section === 'nodes' && shown.expected.includes(item) ? 'expected' : 'named'
  }
  output.items(
    shown.items.map((it): ShownItem => ({ ...it, state: stateOf(it) })),
    itemShape,
  )
  const { applied, file, refused } = shown
  if (applied) output.say(`applied at ${applied.at} by ${applied.by} from ${applied.from} (${applied.digest})`)
  else output.say('no description was applied')
  if (file !== undefined) output.say(`the master follows ${file}`)
  if (refused) output.say(`it is not applied as it is since ${refused.at}:\n${refused.mistakes.join('\n')}`)
}

export const addDescriptionCommands = (program: Command): void => {
  program
    .command('apply')
    .description('make the testbed as a file describes it')
    .requiredOption('-f, --file <file>', 'the description, YAML or JSON (- for stdin)')
    .option('--prune', 'take back what a description made and this one does not name')
    .option('--dry-run', 'only show what would be changed')
    .action(withSession(apply))
  const noun = program.command('config').description('the description of the testbed: config/bramble.yaml')
  noun
    .command('validate [file]')
    .description(`find all mistakes in a description, without a cloudlet (${defaultFile} when left out, - for stdin)`)
    .action(withSession(validate))
  noun
    .command('show')
    .description('what descriptions made, and which one was applied last')
    .action(withSession((session) => show(session)))
}
