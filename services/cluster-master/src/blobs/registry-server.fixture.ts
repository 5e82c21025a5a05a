import { startRegistry } from './registry-fixture.ts'

// A registry in a process of its own, to be killed: prints its URL.
const { url } = await startRegistry({ folder: process.argv[2] ?? '' })
process.stdout.write(`${url}\n`)
