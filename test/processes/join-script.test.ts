import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@bramble/kit'
import { makeTempFolder, runBramble, runProgram, startRabbitMq, startService } from '@bramble/testkit'
import type { RabbitMqServer, ServiceProcess, TempFolder } from '@bramble/testkit'

// What an admin does to add a host, on a master with a real broker: the CLI's command, pasted.

const scripts = join(import.meta.dirname, '../../scripts')

let broker: RabbitMqServer
let folder: TempFolder
let master: ServiceProcess
let cli: Record<string, string>
beforeAll(async () => {
  ;[broker, folder] = await Promise.all([startRabbitMq(), makeTempFolder()])
  const dataDir = join(folder.path, 'master')
  master = startService({
    main: join(import.meta.dirname, '../../services/cluster-master/src/main.ts'),
    args: ['--data', dataDir, '--port', '0'],
    env: {
      BRAMBLE__STORE__KIND: 'sqlite',
      BRAMBLE__STORE__PATH: join(dataDir, 'bramble.sqlite'),
      BRAMBLE__BUS__URL: broker.url,
      BRAMBLE__BUS__MANAGEMENT__URL: broker.managementUrl,
    },
  })
  const { url } = await master.said('listening')
  await master.said('serving')
  const token = (await readFile(join(dataDir, 'first-admin-token'), 'utf8')).trim()
  cli = { BRAMBLE_URL: url!, BRAMBLE_TOKEN: token, BRAMBLE_CONFIG: '/nonexistent' }
}, 120_000)
afterAll(async () => {
  master?.kill('SIGTERM')
  await Promise.all([master?.ended, broker?.stop()])
  await folder?.remove()
})

const bramble = async (...args: string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await runBramble(args, { env: cli })
  if (exitCode !== 0) throw new Error(stderr)
  return stdout.trim()
}

const nodes = async () => JSON.parse(await bramble('node', 'list', '-o', 'json')) as object[]

/** A state folder of a host, with ports that nobody else has. */
const hostAt = (name: string) => {
  const state = join(folder.path, name)
  const env = { BRAMBLE_LISTENER_PORT: '0', BRAMBLE_PROBES_PORT: String(freePort++) }
  const run = (script: string, ...args: string[]) =>
    runProgram([join(scripts, script), ...args, '--state', state], { env })
  return {
    state,
    join: (...args: string[]) => run('join', ...args),
    down: () => run('down'),
    pid: () => readFile(join(state, 'run/node-agent.pid'), 'utf8'),
  }
}
let freePort = 20_000 + (process.pid % 20_000)

describe('scripts/join', () => {
  it('makes this host a node, with the command that the CLI printed', async () => {
    const host = hostAt('one')
    const command = await bramble('node', 'invite', 'pi-01', '--cluster', 'shelf-1')
    const [, masterUrl = '', token = ''] = command.split(' ')
    const joined = await host.join(masterUrl, token, '--driver', 'simulated')
    expect(joined).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('pi-01 is a node of the cloudlet') })
    await eventually(async () =>
      expect(await nodes()).toMatchObject([{ id: 'pi-01', cluster: 'shelf-1', liveness: 'ready' }]),
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

  it('tells that the host waits for approval', async () => {
    const host = hostAt('two')
    const token = await bramble('node', 'invite', '--needs-approval', '-o', 'name')
    const joined = await host.join(cli['BRAMBLE_URL']!, token, '--driver', 'simulated', '--node', 'pi-02')
    expect(joined).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('bramble node approve pi-02') })
    await bramble('node', 'approve', 'pi-02')
    await eventually(
      async () => expect(await nodes()).toContainEqual(expect.objectContaining({ id: 'pi-02', liveness: 'ready' })),
      30_000,
    )
    await host.down()
  })

  it('tells why a host is not let in', async () => {
    const used = await bramble('node', 'invite', '-o', 'name')
    const [first, second] = [hostAt('three'), hostAt('four')]
    const simulated = ['--driver', 'simulated']
    expect(await first.join(cli['BRAMBLE_URL']!, used, ...simulated, '--node', 'pi-03')).toMatchObject({ exitCode: 0 })
    await first.down()
    const refused = await second.join(cli['BRAMBLE_URL']!, used, ...simulated, '--node', 'pi-04')
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Another host has joined') })
    const nobody = await second.join('http://127.0.0.1:9', used, ...simulated)
    expect(nobody).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('does not answer') })
    expect((await second.join('http://127.0.0.1:9')).stderr).toContain('the token is missing')
    await bramble('invitation', 'list')
  })

  it.each([[[]], [['--nonsense']], [['http://127.0.0.1:9', 'a', 'b']]])('explains itself at %j', async (args) => {
    const { exitCode, stderr } = await hostAt('none').join(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('usage: scripts/join MASTER_URL TOKEN')])
  })
})
