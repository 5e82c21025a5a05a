import type { CreatedInvitation } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'
import { parseHosts } from './host.ts'
import { readFailure, readLastLine, readStep } from './read-answer.ts'
import { openWelcome } from './welcome.ts'

describe('parseHosts', () => {
  it.each([
    ['pi@pi[01-02]', ['pi@pi01', 'pi@pi02']],
    ['pi.lab.example.org', ['pi.lab.example.org']],
    ['ssh://root@127.0.0.1:2[201-202]', ['ssh://root@127.0.0.1:2201', 'ssh://root@127.0.0.1:2202']],
  ])('%s', (word, all) => expect(parseHosts([word]).map((it) => it.destination)).toEqual(all))
  it.each(['', '-oProxyCommand=x', 'a b', 'a;b', 'pi[', "it's"])('refuses %p', (word) =>
    expect(() => parseHosts([word])).toThrow(UsageError),
  )
  it.each([
    ['pi-07', 'pi-07'],
    ['me@pi-07.lab.example.org', 'pi-07'],
    ['ssh://me@pi-07:2222', 'pi-07'],
  ])('%s gives the name %s', (word, node) => expect(parseHosts([word], true)).toMatchObject([{ node }]))
  it.each(['10.0.0.7', 'root@10.0.0.7', 'PI_7'])('%s gives none', (word) =>
    expect(() => parseHosts([word], true)).toThrow('--name-from-host'),
  )
})

describe('what a host answers', () => {
  it.each([
    ['==> Joining the cloudlet', 'Joining the cloudlet'],
    ['    installing npm ...', 'installing npm ...'],
    ['Reading package lists...', undefined],
    ['', undefined],
  ])('%p is the step %p', (line, step) => expect(readStep(line)).toBe(step))

  it.each<[string, number | null, string[], string]>([
    ['an unknown key', 255, ['No ED25519 host key is known for pi.', 'Host key verification failed.'], '`ssh me@pi`'],
    [
      'a changed key',
      255,
      ['@ REMOTE HOST IDENTIFICATION HAS CHANGED! @', 'Host key verification failed.'],
      'keygen -R',
    ],
    ['no key of ours', 255, ['me@pi: Permission denied (publickey).'], 'ssh-copy-id me@pi'],
    ['nobody there', 255, ['ssh: connect to host pi port 22: Connection refused'], 'Connection refused'],
    ['sudo that asks', 1, ['sudo: a terminal is required to read the password'], 'join as root'],
    ['a script that stops', 1, ['bramble: this host was not let in', 'and more'], 'this host was not let in'],
    ['a tar that fails', 2, ['tar: write error', ''], 'tar: write error'],
    ['an older checkout', 2, ['usage: scripts/join MASTER_URL TOKEN'], 'of another version'],
    ['nothing said', 7, [], 'exit code 7'],
    ['too long', null, ['bramble: whatever'], '--timeout'],
  ])('%s', (_what, exitCode, stderr, reason) =>
    expect(readFailure({ exitCode, stdout: '', stderr }, 'me@pi')).toContain(reason),
  )

  it('is its last line, whatever a profile prints', () =>
    expect(readLastLine({ exitCode: 0, stdout: 'Welcome!\npi-07\n', stderr: [] })).toBe('pi-07'))
})

describe('a welcome', () => {
  const at = { ms: 0 }
  const asked: number[] = []
  const takenBack: string[] = []
  const open = (waiting: () => number) =>
    openWelcome({
      create: async (uses) => {
        asked.push(uses)
        return { token: `join_${asked.length}`, invitation: { id: `iv-${asked.length}` } } as CreatedInvitation
      },
      takeBack: async ({ id }) => void takenBack.push(id),
      waiting,
      masterUrl: 'http://192.0.2.1:8080',
      lifetimeMs: 600_000,
      now: () => at.ms,
    })

  it('is one invitation until that grows old, then one more for those that still wait', async () => {
    let waiting = 3
    const welcome = await open(() => waiting)
    expect(welcome.masterUrl).toBe('http://192.0.2.1:8080')
    at.ms = 299_000
    expect(await welcome.token()).toBe('join_1')
    waiting = 1
    at.ms = 301_000
    expect(await Promise.all([welcome.token(), welcome.token()])).toEqual(['join_2', 'join_2'])
    await welcome.close()
    expect([asked, takenBack]).toEqual([
      [3, 1],
      ['iv-1', 'iv-2'],
    ])
  })
})
