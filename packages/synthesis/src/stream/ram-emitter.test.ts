import { Writable } from 'node:stream'
import { PAGE_BYTES } from '../page.ts'
import { RamEmitter } from './ram-emitter.ts'

/** Takes its time, and looks at what it was given only then. */
function slowReceiver() {
  const given: Buffer[] = []
  const taken: Buffer[] = []
  const out = new Writable({
    highWaterMark: 64 * 1024 * 1024,
    write(chunk: Buffer, _encoding, done) {
      given.push(chunk)
      setImmediate(() => {
        taken.push(Buffer.from(chunk))
        done()
      })
    },
  })
  return { out, given, taken }
}

it('leaves its bytes alone until the receiver has written them, and frees them then', async () => {
  const pages = 2000
  const { out, given, taken } = slowReceiver()
  const emitter = new RamEmitter(out, 1)
  for (let page = 0; page < pages; page += 1) {
    emitter.write(page, Buffer.alloc(PAGE_BYTES, page % 251))
    if (page % 100 === 0) await new Promise(setImmediate)
  }
  await emitter.finish()
  await new Promise<void>((resolve) => out.end(resolve))
  const received = Buffer.concat(taken)
  const record = 8 + PAGE_BYTES
  const end = received.length - 13
  const wrong = Array.from({ length: pages }, (_, page) => page).filter((page) => {
    const at = end - (pages - page) * record + 8
    return received[at] !== page % 251 || received[at + PAGE_BYTES - 1] !== page % 251
  })
  expect(wrong).toEqual([])
  expect(given.map(({ length }) => length)).toEqual(given.map(() => 0))
})
