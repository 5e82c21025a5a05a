import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { startMongo, startRabbitMq, startMasterProcess } from './index.ts'
import { startAgentProcess } from './agent-process.ts'
const dir = await mkdtemp('/tmp/try-agent-')
const [mongo, rabbit] = await Promise.all([startMongo(), startRabbitMq()])
console.log('servers', mongo.uri, rabbit.url)
const master = startMasterProcess({ dataDir: join(dir, 'm'), store: { uri: mongo.uri }, broker: rabbit })
try {
  await master.serves
  const url = await master.url
  const client = await master.client()
  const { token } = await client.invitations.create({ body: { cluster: 'shelf-1' } as never })
  console.log(token)
  const agent = startAgentProcess({ stateDir: join(dir, 'a'), masterUrl: url, token, node: 'pi-07' })
  await agent.works
  await new Promise((r) => setTimeout(r, 1500))
  console.log(JSON.stringify((await client.nodes.list()).items, null, 1))
  console.log(JSON.stringify(await client.nodes.inspect({ params: { node: 'pi-07' as never } })))
  console.log(await (await fetch((await agent.probesUrl) + '/readyz')).text())
  const t = performance.now()
  agent.kill('SIGTERM')
  console.log(await agent.ended, performance.now() - t)
  console.log(agent.logs())
} catch (e) {
  console.log(e, master.logs())
} finally {
  master.kill('SIGTERM')
  await master.ended
  await Promise.all([mongo.stop(), rabbit.stop()])
}
