// What ssh, and the scripts at its other end, said: the step that is under way, the name of the node, why it failed.

/** How a command ended on a host. */
export interface Answer {
  /** Null when it was ended for taking too long. */
  exitCode: number | null
  stdout: string
  stderr: string[]
}

/** ssh's own failures; those of the command have the command's code. */
const sshFailed = 255

/** Scripts say what they do in lines that begin so; all else is output of programs that they run. */
export const readStep = (line: string): string | undefined => /^(?:==> | {4})(\S.*)$/.exec(line)?.[1]

/** The last line of stdout: what a shell's profile prints comes before. */
export const readLastLine = ({ stdout }: Answer): string => stdout.trim().split('\n').at(-1)?.trim() ?? ''

/** Whether it must be approved before it gets something to do. */
export const readWaits = ({ stderr }: Answer): boolean => stderr.some((line) => line.includes('waits for approval'))

const known: [RegExp, (destination: string) => string][] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    () =>
      'its host key is not the one that is known here: find out why before you trust it (`ssh-keygen -R` forgets it)',
  ],
  [
    /Host key verification failed|No .* host key is known/,
    (it) => `its host key is not known here: connect once by hand, \`ssh ${it}\`, and compare the fingerprint`,
  ],
  [/Permission denied \(/, (it) => `it takes no key of yours: \`ssh-copy-id ${it}\`, or load the key (ssh-add)`],
  [
    /^sudo: .*(password|terminal)/,
    () => 'sudo asks for a password there: join as root, or let this user run sudo without one',
  ],
]

/** Why it failed, in a sentence for the table. */
export const readFailure = ({ exitCode, stderr }: Answer, destination: string): string => {
  const all = stderr.join('\n')
  const advice = known.find(([pattern]) => stderr.some((line) => pattern.test(line)))?.[1](destination)
  if (exitCode === null) return 'it took longer than --timeout allows; what was begun there may go on'
  if (advice && (exitCode === sshFailed || /^sudo:/m.test(all))) return advice
  const told = stderr.findLast((line) => line.startsWith('bramble: '))?.replace('bramble: ', '')
  if (told) return told
  if (/^usage: scripts\/join/m.test(all)) return 'the checkout there is of another version: update or remove it'
  const last = stderr.findLast((line) => line.trim() !== '')?.trim()
  return last ?? `exit code ${exitCode}`
}
