// How long a user waits for the CLI itself.
//
//   cli.version   `scripts/bramble version` with no master to ask, against `node -e 0` as the floor; target 150 ms. Both are
//                 whole processes, taken in turns after one that is not counted.
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { describeLoad, describeMachine } from '../machine.ts'
import { resultLine, say, tableText } from '../results.ts'
import { median, minimum } from '../statistics.ts'

const repetitions = 20
const targetMs = 150
const bramble = join(import.meta.dirname, '../../../scripts/bramble')
const commands = { bramble: [bramble, 'version'], node: [process.execPath, '-e', '0'] } as const

// Nobody listens on the discard port, which is known at once.
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
  BRAMBLE_URL: 'http://127.0.0.1:9',
}

async function timeMs([command, ...args]: readonly [string, ...string[]]): Promise<number> {
  const began = performance.now()
  const [code] = (await once(spawn(command, args, { env, stdio: 'ignore' }), 'close')) as [number | null]
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
  return performance.now() - began
}

const taken: Record<keyof typeof commands, number[]> = { bramble: [], node: [] }
say(`cli: ${describeMachine()}`)
await timeMs(commands.bramble)
for (let repetition = 0; repetition < repetitions; repetition++) {
  taken.bramble.push(await timeMs(commands.bramble))
  taken.node.push(await timeMs(commands.node))
}
const row = (what: string, times: number[]) => [what, Math.round(median(times)), Math.round(minimum(times))]
say(tableText(['ms', 'median', 'min'], [row('bramble version', taken.bramble), row('node -e 0', taken.node)]))
say(`target: ${targetMs} ms; ${describeLoad()}`)
say(resultLine({ id: 'cli.version', ours: median(taken.bramble), bound: median(taken.node) }))
