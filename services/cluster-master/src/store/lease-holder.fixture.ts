import { silentLogger, systemClock } from '@bramble/kit'
import { holdLease } from './lease.ts'
import { leaseRecord } from './mongo/lease-record.ts'
import { connectMongo } from './mongo/mongo-server.ts'

// Holds the lease of a store and prints what becomes of it.
const [uri = '', holder = ''] = process.argv.slice(2)
const print = (line: string) => void process.stdout.write(`${line}\n`)

await holdLease(leaseRecord(connectMongo({ uri })), {
  holder,
  clock: systemClock,
  logger: silentLogger(),
  onWaiting: (other) => print(`waits for ${other}`),
  onLost: (other) => print(`lost to ${other}`),
})
print('held')
