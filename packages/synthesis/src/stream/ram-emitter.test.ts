import { PassThrough } from 'node:stream'
import { PAGE_BYTES } from '../page.ts'
import { RamEmitter } from './ram-emitter.ts'

it('leaves the bytes alone that it handed on, for a receiver that keeps them', async () => {
  const pages = 2000
  const pipe = new PassThrough({ highWaterMark: 64 * 1024 * 1024 })
  const emitter = new RamEmitter(pipe, 1)
  for (let page = 0; page < pages; page += 1) {
    emitter.write(page, Buffer.alloc(PAGE_BYTES, page % 251))
    // The pipe says here that it took the last write.
    if (page % 100 === 0) await new Promise(setImmediate)
  }
  await emitter.finish()
  pipe.end()
  const received = Buffer.concat((await pipe.toArray()) as Buffer[])
  const record = 8 + PAGE_BYTES
  const end = received.length - 13
  const wrong = Array.from({ length: pages }, (_, page) => page).filter((page) => {
    const at = end - (pages - page) * record + 8
    return received[at] !== page % 251 || received[at + PAGE_BYTES - 1] !== page % 251
  })
  expect(wrong).toEqual([])
})
