import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// An ssh that reaches folders: a host is a folder, its home, and what is sent there runs in a shell of this machine.

const ssh = `#!/bin/sh
while [ $# -gt 2 ]; do options="$options $1"; shift; done
home=$FAKE_HOSTS/$1
echo "$options" >>"$FAKE_HOSTS/options" && echo "$1: $2" >>"$FAKE_HOSTS/commands"
[ -d "$home" ] || { echo 'Host key verification failed.' >&2; exit 255; }
cd "$home" && HOME=$home exec sh -c "$2"
`

/** In place of scripts/join: notes what it was told. */
const joinScript = `#!/bin/sh
if [ "$1" = --prepare ]; then
  echo '==> Looking at this machine' >&2
  [ ! -e ~/slow ] || exec sleep 60
  exit 0
fi
read -r token && echo "$token $*" >~/told
[ ! -e ~/full ] || { echo 'bramble: there is no room' >&2; exit 1; }
echo 'a banner'
basename ~
`

const writeProgram = (path: string, text: string): void => {
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

const commit = (checkout: string): void => {
  const git = (...args: string[]) => execFileSync('git', ['-C', checkout, ...args], { stdio: 'ignore' })
  git('init')
  git('add', '.')
  git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-m', 'a checkout')
}

export const fakeSsh = () => {
  const folder = mkdtempSync(join(tmpdir(), 'fake-ssh-'))
  const [bin, checkout, hosts] = ['bin', 'checkout', 'hosts'].map((it) => join(folder, it)) as [string, string, string]
  for (const path of [bin, hosts, join(checkout, 'scripts')]) mkdirSync(path, { recursive: true })
  writeProgram(join(bin, 'ssh'), ssh)
  writeProgram(join(checkout, 'scripts/join'), joinScript)
  commit(checkout)
  const pathOf = (host: string, file: string) => join(hosts, host, file)
  return {
    env: { PATH: `${bin}:${process.env.PATH}`, FAKE_HOSTS: hosts, BRAMBLE_CHECKOUT: checkout },
    /** Hosts that can be reached, with these empty files in their homes. */
    add: (host: string, ...files: string[]) => {
      mkdirSync(join(hosts, host))
      for (const file of files) writeFileSync(pathOf(host, file), '')
    },
    has: (host: string, file: string) => existsSync(pathOf(host, file)),
    /** What its scripts/join was told: token and words. */
    told: (host: string) => readFileSync(pathOf(host, 'told'), 'utf8').trim(),
    /** All that was asked of ssh. */
    asked: (what: 'options' | 'commands') => readFileSync(join(hosts, what), 'utf8'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
