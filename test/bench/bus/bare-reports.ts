// The peer of the master's part in reports: amqplib alone, as little code as moves the same messages at the same rate
// through a queue of the same kind, publisher and consumer in processes of their own.
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTempFolder } from '@bramble/testkit'
import type { CapturedReport } from './capture-reports.ts'

export interface BareReports extends AsyncDisposable {
  pids: { receiver: number; sender: number }
}

export async function startBareReports(url: string, reports: readonly CapturedReport[]): Promise<BareReports> {
  await using undo = new AsyncDisposableStack()
  const { path } = undo.use(await makeTempFolder())
  const file = join(path, 'reports.json')
  await writeFile(file, JSON.stringify(reports.map(({ key, bytes }) => ({ key, text: bytes.toString() }))))
  const start = async (name: string, ...args: string[]) => {
    const child = fork(join(import.meta.dirname, name), [url, ...args])
    undo.defer(() => end(child))
    await once(child, 'message')
    return child.pid!
  }
  const receiver = await start('bare-reports-consumer.ts')
  const sender = await start('bare-reports-publisher.ts', file)
  const ends = undo.move()
  return { pids: { receiver, sender }, [Symbol.asyncDispose]: () => ends.disposeAsync() }
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
