import { Command } from 'commander'
import { addBaseCommands } from './commands/base.ts'
import { addCloudletCommands } from './commands/cloudlet.ts'
import { addCompletion } from './commands/completion.ts'
import { addDescriptionCommands } from './commands/description.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEventCommands } from './commands/event.ts'
import { addInstanceAliases, addInstanceCommands } from './commands/instance.ts'
import { addInvitationCommands } from './commands/invitation.ts'
import { addLoginCommands } from './commands/login.ts'
import { addNodeCommands } from './commands/node.ts'
import { addOperationCommands } from './commands/operation.ts'
import { addOverlayCommands } from './commands/overlay.ts'
import { addServiceCommands } from './commands/service.ts'
import { addSupportBundle } from './commands/support-bundle.ts'
import { addSystemCommands } from './commands/system.ts'
import { addTokenCommands } from './commands/token.ts'
import { version } from './version.ts'

const addGlobalFlags = (program: Command): Command =>
  program
    .option('--url <url>', 'the master, or several joined by commas (BRAMBLE_URL; else the context)')
    .option('--token <token>', 'who you are (BRAMBLE_TOKEN; else the context)')
    .option('--ca-file <file>', "certificate of the cloudlet's authority (BRAMBLE_CA_FILE; else the context)")
    .option('--context <name>', 'a cloudlet you are logged in to (BRAMBLE_CONTEXT)')
    .option('-o, --output <format>', 'table, json, yaml, csv or name (BRAMBLE_OUTPUT)')
    .option('--columns <names>', 'the columns to show, joined by commas')
    .option('--no-header', 'no header line')
    .option('-q, --quiet', 'data only, no progress')
    .option('--debug', 'print each API call')

/** The whole command tree: noun, verb, name, flags; the daily verbs also at the top. */
export const buildProgram = (): Command => {
  const program = addGlobalFlags(new Command('bramble'))
    .description('A cloudlet out of whatever hosts you own: launch Service VMs near their clients.')
    .version(version, '-V, --version', 'print the version of this client')
    .showHelpAfterError('(add --help for what it takes)')
  addInstanceAliases(program)
  addServiceCommands(program)
  addInstanceCommands(program)
  addBaseCommands(program)
  addOverlayCommands(program)
  addNodeCommands(program)
  addInvitationCommands(program)
  addCloudletCommands(program)
  addOperationCommands(program)
  addEventCommands(program)
  addTokenCommands(program)
  addDescriptionCommands(program)
  addLoginCommands(program)
  addSystemCommands(program)
  addDoctor(program)
  addSupportBundle(program)
  addCompletion(program)
  return program
}

/**
 * Refuses `--version` behind a command: commander takes the program's flags anywhere, and would print the version and do
 * nothing of what was asked.
 */
export const refuseLateVersion = (program: Command, words: readonly string[]): void => {
  const own = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined)
  const isCommand = (word: string) => program.commands.some((it) => [it.name(), ...it.aliases()].includes(word))
  const behind = own.slice(own.findIndex(isCommand)).find((word) => word === '--version' || word === '-V')
  if (own.some(isCommand) && behind)
    program.error(`error: ${behind} stands alone; the version of a service is --service-version`)
}
