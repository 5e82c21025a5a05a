import type { ConsumeMessage, Message } from 'amqplib'
import fc from 'fast-check'
import { batchAcks } from './batch-acks.ts'

const messageOf = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage

/** What the broker still waits for, of `count` messages that it delivered. */
function deliver(count: number) {
  const open = new Set(Array.from({ length: count }, (_, index) => index + 1))
  const refused: number[] = []
  let frames = 0
  const ack = ({ fields }: Message, upTo = false) => {
    frames += 1
    const tag = fields.deliveryTag
    const settled = [...open].filter((one) => (upTo ? one <= tag : one === tag))
    // A tag that the broker does not wait for closes the channel.
    if (settled.length === 0) refused.push(tag)
    for (const one of settled) open.delete(one)
  }
  return { ack, open, refused, frames: () => frames }
}

const turns = fc.array(fc.array(fc.nat({ max: 39 })), { maxLength: 30 })

describe('batchAcks', () => {
  it('acknowledges exactly what was settled, in whatever order and turns', () => {
    fc.assert(
      fc.property(turns, (settledInTurns) => {
        const broker = deliver(40)
        const acks = batchAcks(broker)
        const settled = new Set<number>()
        for (const turn of settledInTurns) {
          const tags = turn.map((n) => n + 1).filter((tag) => !settled.has(tag) && settled.add(tag))
          for (const tag of tags) acks.add(messageOf(tag))
          acks.flush()
          expect(broker.open).toEqual(new Set([...Array(40).keys()].map((n) => n + 1).filter((n) => !settled.has(n))))
        }
        expect(broker.refused).toEqual([])
      }),
    )
  })

  it('sends one frame for what was settled in one turn', async () => {
    const broker = deliver(10)
    const acks = batchAcks(broker)
    for (const tag of [2, 1, 3, 5, 4]) acks.add(messageOf(tag))
    await new Promise((resolve) => setImmediate(resolve))
    expect([...broker.open]).toEqual([6, 7, 8, 9, 10])
    expect(broker.frames()).toBe(1)
  })

  it('bears a channel that is closed', () => {
    const acks = batchAcks({
      ack: () => {
        throw new Error('channel closed')
      },
    })
    acks.add(messageOf(1))
    expect(() => acks.flush()).not.toThrow()
  })
})
