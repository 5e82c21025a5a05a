/** One thing wrong with the settings: what, at which key, and where that value was given. */
export interface ConfigMistake {
  key: string
  /** `bramble.yaml:12`, `environment BRAMBLE__HTTP__PORT`, `flag --http.port`. */
  where: string
  message: string
}

export class ConfigError extends Error {
  readonly mistakes: readonly ConfigMistake[]

  constructor(mistakes: readonly ConfigMistake[]) {
    super(['The configuration has mistakes:', ...mistakes.map(formatMistake)].join('\n'))
    this.name = 'ConfigError'
    this.mistakes = mistakes
  }
}

function formatMistake({ key, where, message }: ConfigMistake): string {
  return `  ${where}: ${key === '' ? '' : `${key}: `}${message}`
}
