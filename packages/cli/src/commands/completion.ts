import type { Command } from 'commander'
import { UsageError } from '../exit-code.ts'

// Completion asks the CLI itself for the next words (`bramble __complete`), so that it never differs from the commands.

const scripts: Record<string, string> = {
  bash: `_bramble() {
  local IFS=$'\\n'
  COMPREPLY=($(bramble __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bramble bramble`,
  zsh: `#compdef bramble
_bramble() {
  local -a found
  found=(\${(f)"$(bramble __complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)"})
  compadd -a found
}
compdef _bramble bramble`,
  fish: `function __bramble_words
  bramble __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null
end
complete -c bramble -f -a '(__bramble_words)'`,
}

const visible = (command: Command): Command[] => command.commands.filter((it) => !it.name().startsWith('__'))

/** The words that may stand where the last of `words` stands. */
export const completeWords = (program: Command, words: string[]): string[] => {
  const typed = words.at(-1) ?? ''
  let command = program
  for (const word of words.slice(0, -1)) {
    command = visible(command).find((it) => it.name() === word || it.aliases().includes(word)) ?? command
  }
  const flags = [...command.options, ...(command === program ? [] : program.options)].map((it) => it.long ?? '')
  const names = visible(command).map((it) => it.name())
  return (typed.startsWith('-') ? flags : names).filter((it) => it && it.startsWith(typed))
}

export const addCompletion = (program: Command): void => {
  program
    .command('completion <shell>')
    .description('print a completion script for bash, zsh or fish: eval "$(bramble completion bash)"')
    .action((shell: string) => {
      const script = scripts[shell]
      if (!script)
        throw new UsageError(`there is no completion for '${shell}'; there is: ${Object.keys(scripts).join(', ')}`)
      process.stdout.write(`${script}\n`)
    })
  program.command('__complete [words...]', { hidden: true }).action((words: string[]) => {
    process.stdout.write(`${completeWords(program, words).join('\n')}\n`)
  })
}
