import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

const bramble = join(import.meta.dirname, '../../../scripts/bramble')

export interface ListTimes {
  /** Ms of `bramble node list`, the whole process. */
  list: number[]
  /** Of `node -e 0`, taken in turns. */
  node: number[]
}

/** After one that is not counted. */
export async function timeNodeList(
  { url, token }: { url: string; token: string },
  { nodes, repetitions }: { nodes: number; repetitions: number },
): Promise<ListTimes> {
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`
  const env = { ...process.env, PATH: path, BRAMBLE_URL: url, BRAMBLE_TOKEN: token }
  const list = async () => {
    const began = performance.now()
    const printed = await run(bramble, ['node', 'list', '--no-header'], env)
    const tookMs = performance.now() - began
    const lines = printed.trimEnd().split('\n').length
    if (lines !== nodes) throw new Error(`${lines} nodes were listed, not ${nodes}`)
    return tookMs
  }
  const floor = async () => {
    const began = performance.now()
    await run(process.execPath, ['-e', '0'], env)
    return performance.now() - began
  }
  await list()
  const times: ListTimes = { list: [], node: [] }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    times.list.push(await list())
    times.node.push(await floor())
  }
  return times
}

async function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const printed = await text(child.stdout)
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`)
  return printed
}
