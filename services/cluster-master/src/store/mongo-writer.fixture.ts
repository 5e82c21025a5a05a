import { systemClock } from '@bramble/kit'
import { openMongoStore } from './mongo-store.ts'
import { connectMongo } from './mongo/mongo-server.ts'
import { writeUntilKilled } from './write-until-killed.ts'

const server = connectMongo({ uri: process.argv[2] ?? '' })
await writeUntilKilled(await openMongoStore({ server, clock: systemClock }))
