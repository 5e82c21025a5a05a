import type { Command } from 'commander'

const escape = (text: string): string => text.replaceAll('|', '\\|')

const usage = (path: string, command: Command): string =>
  `${path} ${command.usage().replace('[options] ', '').replace('[options]', '')}`.trim()

const optionRows = (command: Command): string[] =>
  command.options.map((it) => `| \`${escape(it.flags)}\` | ${escape(it.description)} |`)

const section = (path: string, command: Command): string[] => {
  const rows = optionRows(command)
  const table = rows.length ? ['', '| flag | meaning |', '|---|---|', ...rows] : []
  return [`### \`${usage(path, command)}\``, '', `${command.description()}.`, ...table, '']
}

const commandsOf = (path: string, command: Command): string[] =>
  command.commands
    .filter((it) => !it.name().startsWith('__') && it.name() !== 'help')
    .flatMap((it) => {
      const name = `${path} ${it.name()}`
      return it.commands.length
        ? [`## ${name}`, '', `${it.description()}.`, '', ...commandsOf(name, it)]
        : section(name, it)
    })

/** docs/reference/cli.md, made of the command tree. */
export const cliReference = (program: Command): string =>
  [
    '# The CLI, command by command',
    '',
    'Generated from the commands themselves (`pnpm generate`); exit codes are in [exit-codes.md](exit-codes.md).',
    '',
    '## Flags of every command',
    '',
    '| flag | meaning |',
    '|---|---|',
    ...optionRows(program),
    '',
    '## Daily commands',
    '',
    ...commandsOf('bramble', program),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
