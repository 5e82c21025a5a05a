// How long a responder takes to answer, in milliseconds, one line each: time-answers.ts ADDRESS NAME COUNT
// It asks for the host and port of a service, which one host alone can answer and may do at once.
import { setTimeout as sleep } from 'node:timers/promises'
import { openLink } from '../../../packages/mdns/src/open-link.ts'
import type { Packet } from '../../../packages/mdns/src/domain/record.ts'

const [address, name, count] = process.argv.slice(2) as [string, string, string]
let heard = (_atMs: number) => {}
const onPacket = ({ kind, answers }: Packet) => {
  if (kind === 'response' && answers.some((it) => it.type === 'SRV' && it.name === name)) heard(performance.now())
}
const onFailure = (error: Error) => {
  throw error
}
const link = openLink({ address, onPacket, onFailure })
/** Undefined when it was told just before: a record is sent to all once a second at most. */
async function ask(): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number>()
  heard = resolve
  const askedMs = performance.now()
  const questions = [{ name, type: 'SRV' as const }]
  await link.send({ kind: 'query', questions, answers: [], authorities: [], additionals: [] })
  const heardMs = await Promise.race([promise, sleep(1500, undefined)])
  return heardMs === undefined ? undefined : heardMs - askedMs
}

for (let left = Number(count); left > 0;) {
  await sleep(1200)
  const tookMs = await ask()
  if (tookMs === undefined) continue
  console.log(tookMs)
  left--
}
await link.close()
