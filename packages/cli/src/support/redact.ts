// Takes secrets out of a text that somebody else is to read. It knows them by what they look like, whatever the text is:
// JSON, JSON in a string of JSON, YAML, `NAME=value` lines, a log. What it takes too much of does no harm; so where it is
// in doubt, it takes.

export const mask = '********'

/** Ours by their prefixes, also when their ends were cut off (contracts' join-token.ts, the master's secret.ts). */
const tokens = /\b(bramble|join)_[0-9a-z]{20}_[\w-]*/g

/** `-----BEGIN EC PRIVATE KEY-----`, with its lines broken as they are or as in JSON; to its end, or that of the text. */
const keys = /(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g

const credentials = /\b(Bearer|Basic)(\s+|%20)[\w.~+/=-]{6,}/gi

/** Everything before the last @ of `://user:password@host`; a password may hold any character but blanks and quotes. */
const inUrls = /:\/\/[^\s"'<>\\]{0,512}@/g

/** The end of a name that ends as names of secrets do, and what follows it. */
const names =
  '(?:password|passwd|passphrase|_pass|secret|token|authorization|cookie|credentials?|(?:private|api|access)[_-]?key)'
/** To where they end, or the line does. */
const values = [
  // In a string of JSON, or one in such a string: to the quote with as many backslashes.
  '(?<slashes>\\\\+)"[^\\n]*?(?:(?<!\\\\)\\k<slashes>"|(?=\\n|$))',
  '"(?:[^"\\\\\\n]|\\\\[^\\n])*"?',
  "'[^'\\n]*'?",
  '(?!null\\b|true\\b|false\\b|[\\[{"\'\\\\])[^\\s,;&}\\]"\']+',
]
const named = new RegExp(`(${names}\\\\*["']?\\s*[:=]\\s*)(${values.join('|')})`, 'gi')

const maskValue = (value: string): string => {
  const [quote = ''] = /^\\*["']/.exec(value) ?? []
  return `${quote}${mask}${quote}`
}

const literal = (text: string): RegExp => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g')

/** A secret as it is, in a URL, and in JSON. */
const spellings = (secret: string): string[] => [
  ...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]),
]

/** Shorter ones would take half the text with them. */
const leastLength = 6

/** The text without secrets; `known` are values that must not be in it, whatever they look like. */
export const redact = (text: string, known: readonly string[] = []): string => {
  const longestFirst = known
    .filter((secret) => secret.length >= leastLength)
    .flatMap(spellings)
    .sort((a, b) => b.length - a.length)
  const withoutKnown = longestFirst.reduce((rest, secret) => rest.replace(literal(secret), mask), text)
  return withoutKnown
    .replace(keys, (_, begin: string, end: string) => `${begin}${mask}${end}`)
    .replace(tokens, (_, prefix: string) => `${prefix}_${mask}`)
    .replace(credentials, (_, scheme: string, gap: string) => `${scheme}${gap}${mask}`)
    .replace(inUrls, `://${mask}@`)
    .replace(named, (_, name: string, value: string) => name + maskValue(value))
}
