// Hosts as network namespaces, on one bridge: the first has the servers, each of the others is a node that can be cut off.
// The bridge is in the namespace of the servers, and this process reaches it by a link of its own.
import { runProgram } from '@bramble/testkit'

/** What happens to the packets of one node. */
export type Cut = 'drop' | 'up' | 'down' | 'reset' | 'loss'

export interface Hosts extends AsyncDisposable {
  /** Of the servers. */
  place: { netns: string; address: string }
  netnsOf(node: string): string
  /** In place of what it suffers now. */
  cut(node: string, how: Cut): Promise<void>
  heal(node: string): Promise<void>
}

/** Rules for what a node sends and what it gets; what is `up` is lost on its way to the others. */
const rules: Record<Cut, { output?: string; input?: string }> = {
  drop: { output: 'drop', input: 'drop' },
  up: { output: 'drop' },
  down: { input: 'drop' },
  reset: { output: 'meta l4proto tcp reject with tcp reset', input: 'meta l4proto tcp reject with tcp reset' },
  loss: { output: 'numgen random mod 100 < 30 drop', input: 'numgen random mod 100 < 30 drop' },
}

/** Needs root. */
export async function makeHosts(nodes: readonly string[]): Promise<Hosts> {
  const { pid } = process
  const undo = new AsyncDisposableStack()
  const network = `10.${100 + (pid % 100)}.${(pid >> 8) % 256}`
  const netnsOf = (name: string) => `bramble-${pid}-${name}`
  const hub = netnsOf('servers')
  const makeNamespace = async (netns: string) => {
    await run('ip', 'netns', 'add', netns)
    undo.defer(() => run('ip', 'netns', 'delete', netns))
    await run('ip', '-n', netns, 'link', 'set', 'lo', 'up')
  }
  /** A link that ends at the bridge; the other end is in `netns`, or here. */
  const link = async (at: number, netns?: string) => {
    const [outer, inner] = [`bo${pid}-${at}`, `bi${pid}-${at}`]
    const inside = netns === undefined ? [] : ['-n', netns]
    await run('ip', 'link', 'add', inner, 'type', 'veth', 'peer', 'name', outer, 'netns', hub)
    if (netns !== undefined) await run('ip', 'link', 'set', inner, 'netns', netns)
    else undo.defer(() => run('ip', 'link', 'delete', inner))
    await run('ip', '-n', hub, 'link', 'set', outer, 'master', 'bridge', 'up')
    await run('ip', ...inside, 'address', 'add', `${network}.${at}/24`, 'dev', inner)
    await run('ip', ...inside, 'link', 'set', inner, 'up')
  }
  const heal = async (node: string) => nft(netnsOf(node), 'table inet cut; delete table inet cut')

  try {
    await makeNamespace(hub)
    await run('ip', '-n', hub, 'link', 'add', 'bridge', 'type', 'bridge')
    await run('ip', '-n', hub, 'address', 'add', `${network}.1/24`, 'dev', 'bridge')
    await run('ip', '-n', hub, 'link', 'set', 'bridge', 'up')
    for (const node of nodes) await makeNamespace(netnsOf(node))
    for (const [at, node] of nodes.entries()) await link(at + 2, netnsOf(node))
    await link(254)
  } catch (error) {
    await undo.disposeAsync()
    throw error
  }
  return {
    place: { netns: hub, address: `${network}.1` },
    netnsOf,
    heal,
    cut: (node, how) => nft(netnsOf(node), `table inet cut; delete table inet cut; ${tableOf(how)}`),
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  }
}

const tableOf = (how: Cut) => {
  const chains = Object.entries(rules[how]).map(
    ([hook, rule]) => `chain ${hook} { type filter hook ${hook} priority 0; ${rule}; }`,
  )
  return `table inet cut { ${chains.join('; ')}; }`
}

const nft = (netns: string, text: string) => run('nsenter', `--net=/run/netns/${netns}`, 'nft', text)

async function run(...command: [string, ...string[]]): Promise<void> {
  const { exitCode, stderr } = await runProgram(command)
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
}
