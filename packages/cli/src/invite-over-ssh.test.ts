import { answering, bramble } from './cli.fixture.ts'
import { fakeSsh } from './join/ssh.fixture.ts'

/** Invites, and keeps what was asked of it. The invitation has room for three, and is used by so many in the end. */
const inviting = async (used: number) => {
  const asked: string[] = []
  const invitation = { id: 'iv-1', uses: 3, used }
  const master = await answering(({ method, url }) => {
    asked.push(`${method} ${url}`)
    return [200, method === 'POST' ? { invitation, token: 'join_secret', masterUrl: 'http://192.0.2.1' } : invitation]
  })
  return { ...master, asked }
}

const simulated = ['node', 'invite', '--driver', 'simulated']

describe('bramble node invite --ssh', () => {
  it('joins each host, brings the checkout where it is missing, and shows the token to nobody', async () => {
    using master = await inviting(3)
    using hosts = fakeSsh()
    for (const host of ['pi@pi1', 'pi@pi2', 'mini']) hosts.add(host)
    const args = [...simulated, '--ssh', 'pi@pi[1-2]', 'mini', '--name-from-host', '--service', '--url', master.url]
    const { code, out, err } = await bramble(args, hosts.env)
    expect([code, out]).toEqual([
      0,
      'HOST    RESULT\npi@pi1  joined as pi@pi1\npi@pi2  joined as pi@pi2\nmini    joined as mini\n',
    ])
    expect(hosts.told('pi@pi2')).toBe('join_secret http://192.0.2.1 - --node pi2 --driver simulated --service')
    expect(hosts.has('mini', 'bramble/scripts/join')).toBe(true)
    expect(hosts.has('mini', 'bramble.arriving')).toBe(false)
    expect(hosts.asked('commands') + hosts.asked('options') + err + out).not.toContain('join_secret')
    expect(master.asked).toEqual(['POST /v1/invitations', 'GET /v1/invitations/iv-1'])
    // Not a terminal: plain lines, one for each change.
    expect(err).toMatch(/^pi@pi1: copying the checkout\n/m)
    expect(err).toMatch(/^pi@pi1: Looking at this machine\n/m)
    expect(err).not.toMatch(/[\r\u001b]/)

    const again = await bramble([...args, '-o', 'json'], hosts.env)
    expect(again.err).not.toContain('copying')
    expect(JSON.parse(again.out)).toContainEqual({ host: 'mini', result: 'joined', node: 'mini' })
  })

  it('tells of each host that did not join, ends with 8, and takes the rest of the invitation back', async () => {
    using master = await inviting(1)
    using hosts = fakeSsh()
    hosts.add('pi1')
    hosts.add('pi2', 'full')
    const { code, out } = await bramble([...simulated, '--ssh', 'pi[1-3]', '--url', master.url], hosts.env)
    expect(code).toBe(8)
    const [, ...rows] = out.trim().split('\n')
    expect(rows).toEqual([
      expect.stringContaining('joined as pi1'),
      expect.stringContaining('failed: there is no room'),
      expect.stringMatching(/failed: its host key is not known here: .*`ssh pi3`/),
    ])
    expect(master.asked.at(-1)).toBe('DELETE /v1/invitations/iv-1')
  })

  it('ends with 1 when none joined, after so long', async () => {
    using master = await inviting(0)
    using hosts = fakeSsh()
    hosts.add('pi1', 'slow')
    const args = [...simulated, '--ssh', 'pi1', '--timeout', '3s', '--url', master.url]
    const { code, out } = await bramble(args, hosts.env)
    expect([code, out]).toEqual([1, expect.stringContaining('failed: it took longer than --timeout allows')])
  })

  it('leaves alone what is no checkout', async () => {
    using master = await inviting(0)
    using hosts = fakeSsh()
    hosts.add('pi1', 'here')
    hosts.add('pi2')
    const elsewhere = await bramble([...simulated, '--ssh', 'pi1', '--remote-dir', '.', '--url', master.url], hosts.env)
    expect(elsewhere.out).toContain('failed: . there is no checkout')
    const missing = await bramble([...simulated, '--ssh', 'pi2', '--no-copy', '--url', master.url], hosts.env)
    expect(missing.out).toContain('failed: there is no checkout in ~/bramble')
    expect(hosts.has('pi2', 'bramble')).toBe(false)
  })

  it('asks nothing, checks host keys, and passes options on', async () => {
    using master = await inviting(0)
    using hosts = fakeSsh()
    const args = [...simulated, '--ssh', 'pi1', '--ssh-option', 'Port=2222', '--url', master.url]
    await bramble(args, hosts.env)
    expect(hosts.asked('options')).toContain(' -o BatchMode=yes -o Port=2222 ')
    expect(hosts.asked('options')).not.toContain('StrictHostKeyChecking')
  })

  it('does nothing on any host when it may not invite', async () => {
    const problem = { code: 'not_joinable', status: 409, detail: 'no', title: 'no', hint: '', type: 'x' }
    using master = await answering(() => [409, problem])
    using hosts = fakeSsh()
    hosts.add('pi1')
    const { code } = await bramble([...simulated, '--ssh', 'pi1', '--url', master.url], hosts.env)
    expect(code).toBe(5)
    expect(() => hosts.asked('commands')).toThrow('ENOENT')
  })

  it.each([
    [['--service']],
    [['--no-copy']],
    [['--parallel', '2']],
    [['--ssh', 'a', '--uses', '2']],
    [['--ssh', 'a', '--docker']],
    [['--ssh', 'a', '--parallel', '0']],
    [['--ssh=-oProxyCommand=x']],
    [['pi-07', '--ssh', 'a', 'b']],
    [['--name-from-host', '--ssh', '10.0.0.7']],
  ])('refuses %j', async (words) => {
    expect((await bramble(['node', 'invite', ...words, '--url', 'http://127.0.0.1:9'])).code).toBe(2)
  })
})
