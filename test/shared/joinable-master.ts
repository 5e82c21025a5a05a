// A master that hosts can join: on a real broker, with its store in a file, and with the CLI of its first admin.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Invitation, Node } from '@bramble/contracts'
import { makeTempFolder, runBramble, startRabbitMq, startService } from '@bramble/testkit'

export interface JoinableMaster extends AsyncDisposable {
  url: string
  /** What the CLI of its first admin sees. */
  cli: Record<string, string>
  /** Runs the CLI, and gives what it printed. @throws when it fails */
  bramble: (...args: string[]) => Promise<string>
  nodes: () => Promise<Node[]>
  invitations: () => Promise<Invitation[]>
}

export async function openJoinableMaster(): Promise<JoinableMaster> {
  await using ends = new AsyncDisposableStack()
  const folder = ends.use(await makeTempFolder())
  const broker = await startRabbitMq()
  ends.defer(() => broker.stop())
  const dataDir = join(folder.path, 'master')
  const master = startService({
    main: join(import.meta.dirname, '../../services/cluster-master/src/main.ts'),
    args: ['--data', dataDir, '--port', '0'],
    env: {
      BRAMBLE__STORE__KIND: 'sqlite',
      BRAMBLE__STORE__PATH: join(dataDir, 'bramble.sqlite'),
      BRAMBLE__BUS__URL: broker.url,
      BRAMBLE__BUS__MANAGEMENT__URL: broker.managementUrl,
    },
  })
  ends.defer(async () => {
    master.kill('SIGTERM')
    await master.ended
  })
  const url = (await master.said('listening')).url!
  await master.said('serving')
  const token = (await readFile(join(dataDir, 'first-admin-token'), 'utf8')).trim()
  const cli = { BRAMBLE_URL: url, BRAMBLE_TOKEN: token, BRAMBLE_CONFIG: '/nonexistent' }
  const bramble = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runBramble(args, { env: cli })
    if (exitCode !== 0) throw new Error(stderr)
    return stdout.trim()
  }
  const rest = ends.move()
  return {
    url,
    cli,
    bramble,
    nodes: async () => JSON.parse(await bramble('node', 'list', '-o', 'json')) as Node[],
    invitations: async () => JSON.parse(await bramble('invitation', 'list', '-o', 'json')) as Invitation[],
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
