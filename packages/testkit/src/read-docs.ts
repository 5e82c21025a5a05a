import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const repositoryRoot = join(import.meta.dirname, '../../..')

/** A page of the documentation; `path` is relative to the repository. */
export interface Page {
  path: string
  text: string
}

export const readPages = (patterns: string[]): Page[] =>
  globSync(patterns, { cwd: repositoryRoot, exclude: ['**/node_modules/**'] })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), 'utf8') }))

const fence = /^```.*\n([\s\S]*?)^```/gm

const withoutCode = ({ text }: Page): string => text.replace(fence, '')

/** Targets of links and pictures that lie in the repository, without their anchors. */
export const linksOf = (page: Page): string[] =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!.split('#')[0]!)
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))

const topFolders = '(?:packages|services|scripts|docs|config|samples|test|docker)'

/**
 * Files that the text names in backticks from the top of the repository: `scripts/up`, `packages/kit/src/undo.ts`. What
 * ends in .rst is a source in QEMU's tree.
 */
export const filesNamedBy = (page: Page): string[] =>
  [...withoutCode(page).matchAll(/`([^`\n]+)`/g)]
    .map(([, code]) => new RegExp(`^(${topFolders}/[\\w./-]*\\w)/?(?: .*)?$`).exec(code!)?.[1])
    .filter((path): path is string => path !== undefined && !path.endsWith('.rst'))

/** Lines of code blocks and code in the text that call the CLI, from its first word on: `launch --base debian`. */
export const commandsOf = (page: Page): string[] => {
  const blocks = [...page.text.matchAll(fence)].flatMap(([, block]) => block!.split('\n'))
  const spans = [...withoutCode(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!)
  return [...blocks, ...spans].flatMap((line) => [...line.matchAll(callPattern)].map(([, call]) => call!.trim()))
}

/** `bramble` where a command begins, up to what ends it: a pipe, a semicolon, a comment. */
const callPattern = /(?:^|[\s(])(?:scripts\/)?bramble ([a-z][^|;)#]*)/g

/** A block of commands that a test runs as it stands; it is marked by its fence: ```sh walk, or ```sh walk pi-2 pi-3. */
export interface WalkBlock {
  /** The heading above it. */
  heading: string
  /** Hosts, as the page calls them, on one after the other of which it runs; the first host when none is named. */
  hosts: string[]
  script: string
}

/** The blocks of a page that are walked, in their order. */
export const walkOf = ({ text }: Page): WalkBlock[] =>
  text.split(/^##+ /m).flatMap((section) => {
    const [heading = ''] = section.split('\n', 1)
    return [...section.matchAll(walkFence)].map(([, hosts, script]) => ({
      heading,
      hosts: hosts!.split(' ').filter(Boolean),
      script: script!.trim(),
    }))
  })

const walkFence = /^```sh walk((?: [\w-]+)*)\n([\s\S]*?)^```/gm
