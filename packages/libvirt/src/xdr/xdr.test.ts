import fc from 'fast-check'
import * as xdr from './index.ts'

const roundTrip = <T>(codec: xdr.Codec<T>, value: T): T => xdr.decode(codec, xdr.encode(codec, value))

const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array))
const wellFormed = fc.string({ unit: 'grapheme' })

const cases: [name: string, codec: xdr.Codec<unknown>, values: fc.Arbitrary<unknown>][] = [
  ['u32', xdr.u32, fc.nat(0xffffffff)],
  ['i32', xdr.i32, fc.integer()],
  ['u64', xdr.u64, fc.bigInt(0n, 2n ** 64n - 1n)],
  ['i64', xdr.i64, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ['u64Number', xdr.u64Number, fc.maxSafeNat()],
  ['double', xdr.double, fc.double()],
  ['bool', xdr.bool, fc.boolean()],
  ['string', xdr.string, wellFormed],
  ['opaque', xdr.opaque, bytes],
  ['uuid', xdr.uuid, fc.uuid()],
  ['chars', xdr.chars(32), fc.stringMatching(/^[!-~]{0,31}$/)],
  ['optional', xdr.optional(xdr.string), fc.option(wellFormed)],
  ['array', xdr.array(xdr.i32), fc.array(fc.integer())],
  [
    'struct',
    xdr.struct({ name: xdr.string, tags: xdr.array(xdr.optional(xdr.opaque)) }),
    fc.record({ name: wellFormed, tags: fc.array(fc.option(bytes)) }),
  ],
  [
    'union',
    xdr.union({ 1: ['int', xdr.i32], 7: ['string', xdr.string] }),
    fc.oneof(
      fc.record({ type: fc.constant('int'), value: fc.integer() }),
      fc.record({ type: fc.constant('string'), value: wellFormed }),
    ),
  ],
]

describe('XDR', () => {
  it.each(cases)('%s reads what it wrote, in whole words', (_name, codec, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(xdr.encode(codec, value).length % 4).toBe(0)
        expect(roundTrip(codec, value)).toEqual(value)
      }),
    )
  })

  it.each(cases)('%s refuses every message cut short', (_name, codec, values) => {
    fc.assert(
      fc.property(values, fc.nat(), (value, cut) => {
        const whole = xdr.encode(codec, value)
        expect(() => xdr.decode(codec, whole.subarray(0, cut % whole.length))).toThrow(RangeError)
      }),
    )
  })

  // The examples of RFC 4506, and layouts that a round trip alone would not catch.
  it.each([
    [xdr.string, 'sillyprog', '00000009 73696c6c 7970726f 67000000'],
    [xdr.optional(xdr.u32), null, '00000000'],
    [xdr.optional(xdr.u32), 5, '00000001 00000005'],
    [xdr.bool, true, '00000001'],
    [xdr.u64Number, 2 ** 32 + 1, '00000001 00000001'],
    [xdr.chars(3), 'ab', '00000061 00000062 00000000'],
    [xdr.union({ 7: ['text', xdr.string] }), { type: 'text', value: 'hi' }, '00000007 00000002 68690000'],
  ] as [xdr.Codec<unknown>, unknown, string][])('case %#: bytes on the wire', (codec, value, hex) => {
    expect(xdr.encode(codec, value).toString('hex')).toBe(hex.replaceAll(' ', ''))
  })

  it('refuses an unknown case, a bad UUID and bytes of another length', () => {
    expect(() => xdr.decode(xdr.union({ 1: ['int', xdr.i32] }), Buffer.alloc(8))).toThrow('no case 0')
    expect(() => xdr.encode(xdr.uuid, 'nonsense')).toThrow('not a UUID')
    expect(() => xdr.encode(xdr.opaqueFixed(4), Buffer.alloc(5))).toThrow('4 bytes expected')
  })
})
