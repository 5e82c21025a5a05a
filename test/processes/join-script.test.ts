import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { makeTempFolder, runProgram } from '@bramble/testkit'
import type { ProgramOptions, TempFolder } from '@bramble/testkit'
import { openJoinableMaster } from '../shared/joinable-master.ts'
import type { JoinableMaster } from '../shared/joinable-master.ts'

// What an admin does to add a host, on a master with a real broker: the CLI's command, pasted.

const scripts = join(import.meta.dirname, '../../scripts')

let folder: TempFolder
let master: JoinableMaster
beforeAll(async () => {
  folder = await makeTempFolder()
  master = await openJoinableMaster()
}, 120_000)
afterAll(async () => {
  await master?.[Symbol.asyncDispose]()
  await folder?.remove()
})

/** A state folder of a host, with ports that nobody else has. */
const hostAt = (name: string) => {
  const state = join(folder.path, name)
  const env = { BRAMBLE_LISTENER_PORT: '0', BRAMBLE_PROBES_PORT: String(freePort++) }
  const run = (script: string, args: string[], options: ProgramOptions = {}) =>
    runProgram([join(scripts, script), ...args, '--state', state], { ...options, env: { ...env, ...options.env } })
  return {
    state,
    join: (...args: string[]) => run('join', args),
    joinWith: (options: ProgramOptions, ...args: string[]) => run('join', args, options),
    down: () => run('down', []),
    pid: () => readFile(join(state, 'run/node-agent.pid'), 'utf8'),
  }
}
let freePort = 20_000 + (process.pid % 20_000)

describe('scripts/join', () => {
  it('makes this host a node, with the command that the CLI printed', async () => {
    const host = hostAt('one')
    const command = await master.bramble('node', 'invite', 'pi-01', '--cluster', 'shelf-1')
    const [, masterUrl = '', token = ''] = command.split(' ')
    const joined = await host.join(masterUrl, token, '--driver', 'simulated')
    expect(joined).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('pi-01 is a node of the cloudlet') })
    await eventually(async () =>
      expect(await master.nodes()).toMatchObject([{ id: 'pi-01', cluster: 'shelf-1', liveness: 'ready' }]),
    )
    expect((await stat(join(host.state, 'agent/identity'))).mode & 0o077).toBe(0)
    await expect(stat(join(host.state, 'run/join-token'))).rejects.toThrow('ENOENT')

    const pid = await host.pid()
    expect(await host.join(masterUrl, token, '--driver', 'simulated')).toMatchObject({ exitCode: 0 })
    expect(await host.pid()).toBe(pid)

    expect(await host.down()).toMatchObject({ exitCode: 0 })
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH')
    expect(await host.join()).toMatchObject({ exitCode: 0 })
    await host.down()
  })

  it('reads the token from stdin, where no other user of the host sees it, once the machine is prepared', async () => {
    const host = hostAt('five')
    const simulated = ['--driver', 'simulated', '--node', 'pi-05']
    expect(await host.join('--prepare', ...simulated)).toMatchObject({ exitCode: 0, stdout: '' })
    await expect(stat(host.state)).rejects.toThrow('ENOENT')
    const stdin = `${await master.bramble('node', 'invite', '-o', 'name')}\n`
    const joined = await host.joinWith({ stdin }, master.url, '-', ...simulated)
    expect(joined).toMatchObject({ exitCode: 0, stdout: 'pi-05\n' })
    await host.down()
    const without = await host.joinWith({ stdin: '' }, master.url, '-', ...simulated)
    expect(without).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no token on stdin') })
  })

  it('changes nothing when it is to be a service and there is no systemd', async () => {
    const state = join(folder.path, 'six')
    const hidden: [string, ...string[]] = [
      'unshare',
      '-m',
      'sh',
      '-c',
      '[ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd; "$@"',
      'sh',
    ]
    for (const script of ['join', 'up']) {
      const args = script === 'join' ? [master.url, 'join_x', '--driver', 'simulated'] : []
      const command: typeof hidden = [...hidden, join(scripts, script), ...args, '--service', '--state', state]
      const { exitCode, stderr } = await runProgram(command)
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining('--service needs systemd')])
    }
    await expect(stat(state)).rejects.toThrow('ENOENT')
  })

  it('tells that the host waits for approval', async () => {
    const host = hostAt('two')
    const token = await master.bramble('node', 'invite', '--needs-approval', '-o', 'name')
    const joined = await host.join(master.url, token, '--driver', 'simulated', '--node', 'pi-02')
    expect(joined).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('bramble node approve pi-02') })
    await master.bramble('node', 'approve', 'pi-02')
    await eventually(
      async () =>
        expect(await master.nodes()).toContainEqual(expect.objectContaining({ id: 'pi-02', liveness: 'ready' })),
      30_000,
    )
    await host.down()
  })

  it('tells why a host is not let in', async () => {
    const used = await master.bramble('node', 'invite', '-o', 'name')
    const [first, second] = [hostAt('three'), hostAt('four')]
    const simulated = ['--driver', 'simulated']
    expect(await first.join(master.url, used, ...simulated, '--node', 'pi-03')).toMatchObject({ exitCode: 0 })
    await first.down()
    const refused = await second.join(master.url, used, ...simulated, '--node', 'pi-04')
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Another host has joined') })
    const nobody = await second.join('http://127.0.0.1:9', used, ...simulated)
    expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('does not answer') })
    expect((await second.join('http://127.0.0.1:9')).stderr).toContain('the token is missing')
    await master.bramble('invitation', 'list')
  })

  it.each([[[]], [['--nonsense']], [['http://127.0.0.1:9', 'a', 'b']]])('explains itself at %j', async (args) => {
    const { exitCode, stderr } = await hostAt('none').join(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('usage: scripts/join MASTER_URL TOKEN')])
  })
})
