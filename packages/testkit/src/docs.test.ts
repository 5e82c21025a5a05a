// What the documentation names must be there: files behind links, files in backticks, commands and their flags.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { commandsOf, filesNamedBy, linksOf, readPages, repositoryRoot, walkOf } from './read-docs.ts'
import type { Page } from './read-docs.ts'

const pages = readPages(['README.md', 'CONTRIBUTING.md', 'docs/**/*.md'])
const written = pages.filter(({ path }) => !path.startsWith('docs/reference/'))
const readmes = readPages(['packages/*/README.md', 'services/*/README.md', 'docker/README.md', 'test/README.md'])

const isThere = (path: string): boolean => existsSync(join(repositoryRoot, path))
/** `config/embedded.yaml` is the reader's own copy of the example. */
const mayBeMade = (path: string): boolean =>
  /^config\/[\w-]+\.yaml$/.test(path) && isThere(path.replace('.', '.example.'))

describe.each([...pages, ...readmes])('$path', (page) => {
  it('links to what is there', () => {
    const missing = linksOf(page).filter((target) => !isThere(join(dirname(page.path), target)))
    expect(missing).toEqual([])
  })

  it('names files that are there', () => {
    const isBeside = (path: string) => isThere(join(dirname(page.path), path))
    const missing = filesNamedBy(page).filter((path) => !isThere(path) && !isBeside(path) && !mayBeMade(path))
    expect(missing).toEqual([])
  })
})

// The reference page is made of the CLI itself: a heading per command, a row per flag.
const [reference] = readPages(['docs/reference/cli.md'])
const [preface = '', ...sections] = reference!.text.split(/^### /m)
const flagsIn = (text: string): string[] =>
  [...text.matchAll(/^\| `(.+?)` \|/gm)].flatMap(([, it]) => it!.match(/-[\w-]+/g)!)
const commonFlags = [...flagsIn(preface), '-h', '--help']
const flagsByCommand = new Map(sections.map((it) => [/^`bramble ([^`<[]+?) *[`<[]/.exec(it)![1]!, flagsIn(it)]))

/** The part of a call that names the command. */
const nameOf = (words: string[]): string | undefined =>
  [words.slice(0, 2).join(' '), words[0]!].find((name) => flagsByCommand.has(name))

function mistakeIn(call: string): string | undefined {
  const words = call.split(/ -- /)[0]!.split(/\s+/)
  const name = nameOf(words)
  if (name === undefined) return `there is no command: bramble ${call}`
  const known = [...commonFlags, ...flagsByCommand.get(name)!]
  const flags = words.filter((word) => /^-+[a-z]/i.test(word)).map((word) => word.split('=')[0]!)
  const unknown = flags.filter((flag) => !known.includes(flag))
  return unknown.length > 0 ? `bramble ${name} has no ${unknown.join(', ')}: ${call}` : undefined
}

describe.each(written)('$path', (page) => {
  it('calls commands that exist, with flags that they take', () => {
    expect(commandsOf(page).map(mistakeIn).filter(Boolean)).toEqual([])
  })
})

it('checks commands and flags against the reference', () => {
  expect(mistakeIn('launch org.example.search --name a -o json')).toBeUndefined()
  expect(mistakeIn('launch --color red')).toMatch('has no --color')
  expect(mistakeIn('overlay save x')).toMatch('no command')
})

// The README's suite is the tutorial's, on an address of this host alone, where nothing is encrypted; test/walk walks the tutorial.
it('shows nothing of the suite in the README that the tutorial does not walk', () => {
  const [readme, tutorial] = ['README.md', 'docs/tutorials/a-cluster-in-containers.md'].map((it) => readPages([it])[0]!)
  const linesOf = (page: Page) => walkOf(page).flatMap(({ script }) => script.split('\n').map(withoutAddress))
  const walked = new Set(linesOf(tutorial!))
  expect(linesOf(readme!).length).toBeGreaterThanOrEqual(5)
  expect(linesOf(readme!).filter((line) => !walked.has(line))).toEqual([])
})

const withoutAddress = (line: string): string =>
  line
    .replace(/\s+#.*/, '')
    .replace('http://127.0.0.1', 'https://10.0.0.1')
    .replace(/ --ca-fingerprint \S+$/, '')
    .trim()

it.each(readmes)('$path has at most 60 lines', ({ text }) => {
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60)
})

it('says of every dependency why it is there', () => {
  const [note] = readPages(['docs/decisions/0007-dependencies.md'])
  const manifests = readPages([
    'package.json',
    'packages/*/package.json',
    'services/*/package.json',
    'test/package.json',
  ])
  const names = manifests.flatMap(({ text }) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Record<string, object | undefined>
    return Object.keys({ ...dependencies, ...devDependencies })
  })
  const isExplained = (name: string) => /^@(bramble|types)\//.test(name) || note!.text.includes(name)
  expect(names.filter((name) => !isExplained(name))).toEqual([])
})
