import { exitCodeMeanings, exitCodes } from '../v1/exit-code.ts'
import { problems } from '../v1/problem.ts'
import type { ProblemKind } from '../v1/problem.ts'
import { allRoutes } from './openapi.ts'

// The pages of docs/reference/ that are made of the contracts.

const generated = 'Generated from `packages/contracts` (`pnpm generate`).'

const table = (heads: string[], rows: (string | number)[][]): string =>
  [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')

const page = (...parts: string[]): string => `${parts.join('\n\n')}\n`

const kinds = Object.entries(problems) as [string, ProblemKind][]

export const problemsPage = (): string =>
  page(
    '# Problems',
    `${generated} Every error is \`application/problem+json\` (RFC 9457) with one of these codes; the exit code is that of the CLI.`,
    table(
      ['code', 'status', 'exit code', 'meaning', 'what to do'],
      kinds.map(([code, { status, exitCode, meaning, hint }]) => [`\`${code}\``, status, exitCode, meaning, hint]),
    ),
  )

const exitCodeNames = Object.keys(exitCodes) as (keyof typeof exitCodes)[]

export const exitCodesPage = (): string =>
  page(
    '# Exit codes of the CLI',
    `${generated} \`bramble exec\` passes the exit code of the guest's command through.`,
    table(
      ['exit code', 'meaning', 'problems'],
      exitCodeNames.map((name) => [exitCodes[name], exitCodeMeanings[name], problemsOf(exitCodes[name])]),
    ),
  )

const problemsOf = (exitCode: number): string =>
  kinds
    .filter(([, kind]) => kind.exitCode === exitCode)
    .map(([code]) => `\`${code}\``)
    .join(', ')

export const apiPage = (): string =>
  page(
    '# Routes of the API',
    `${generated} The whole description is at \`/docs\` and \`/v1/openapi.json\` of a running master.`,
    table(
      ['method', 'path', 'what it does', 'roles', 'answer'],
      allRoutes.map(({ method, path, summary, roles, status, stream }) => [
        method.toUpperCase(),
        `\`${path}\``,
        summary,
        roles === 'public' ? 'no token needed' : roles.join(', '),
        stream ? `${status}, ${stream}` : status,
      ]),
    ),
  )
