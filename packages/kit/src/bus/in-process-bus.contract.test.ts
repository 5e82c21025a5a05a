import { silentLogger } from '../log/logger.ts'
import { busContract } from './bus.contract.ts'
import { createInProcessBus } from './in-process-bus.ts'

busContract('in process', async ({ reportTtlMs }) => {
  const bus = createInProcessBus({ logger: silentLogger(), reportTtlMs })
  return { bus, publishFactBytes: bus.publishFactBytes }
})
