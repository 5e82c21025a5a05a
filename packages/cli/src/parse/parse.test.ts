import { UsageError } from '../exit-code.ts'
import { parseDurationMs } from './duration.ts'
import { parseProbe, parsePublish, parseServicePort } from './port.ts'
import { formatSize, parseSize } from './size.ts'
import { formatWhenLost, parseWhenLost } from './when-lost.ts'

describe('parseSize', () => {
  it.each([
    ['512M', 512 * 1024 ** 2],
    ['2GiB', 2 * 1024 ** 3],
    ['1.5g', 1.5 * 1024 ** 3],
    ['4096', 4096],
  ])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes))
  it.each(['', 'many', '5X', '-1M'])('refuses %p', (text) => expect(() => parseSize(text)).toThrow(UsageError))
  it('is undone by formatSize for whole units', () => expect(formatSize(parseSize('512M'))).toBe('512 MiB'))
})

describe('parsePublish', () => {
  it.each([
    ['8080:80/tcp', { hostPort: 8080, guestPort: 80, protocol: 'tcp' }],
    ['53/udp', { guestPort: 53, protocol: 'udp' }],
    ['80', { guestPort: 80, protocol: 'tcp' }],
  ])('%s', (text, publish) => expect(parsePublish(text)).toEqual(publish))
  it.each(['', '0', '80:', '70000', '80/sctp', 'a:80'])('refuses %p', (text) =>
    expect(() => parsePublish(text)).toThrow(UsageError),
  )
})

describe('parseWhenLost', () => {
  it.each([
    ['keep', { policy: 'keep' }],
    ['stop', { policy: 'stop', stopAfterSeconds: 60 }],
    ['replace:45', { policy: 'replace', stopAfterSeconds: 45 }],
  ])('%s', (text, whenLost) => expect(parseWhenLost(text)).toEqual(whenLost))
  it.each(['', 'restart', 'keep:60', 'stop:', 'stop:44', 'stop:91', 'stop:60:1', 'replace:x'])('refuses %p', (text) =>
    expect(() => parseWhenLost(text)).toThrow(UsageError),
  )
  it.each(['keep', 'stop:50', 'replace:90'])('%s is undone by formatWhenLost', (text) =>
    expect(formatWhenLost(parseWhenLost(text))).toBe(text),
  )
})

describe('parseProbe', () => {
  it.each([
    ['http:80/status', { kind: 'http', port: 80, path: '/status' }],
    ['http:8080', { kind: 'http', port: 8080, path: '/' }],
    ['banner:22=SSH-', { kind: 'banner', port: 22, expect: 'SSH-' }],
  ])('%s', (text, probe) => expect(parseProbe(text)).toMatchObject(probe))
  it.each(['80', 'tcp:80', 'http:', 'http:99999/'])('refuses %p', (text) =>
    expect(() => parseProbe(text)).toThrow(UsageError),
  )
  it('takes how long the guest may need', () => expect(parseProbe('http:80/', 240).timeoutSeconds).toBe(240))
})

it.each([
  ['90s', 90_000],
  ['5m', 300_000],
  ['250ms', 250],
  ['2', 2000],
])('parseDurationMs %s', (text, ms) => expect(parseDurationMs(text)).toBe(ms))

it('parseServicePort', () =>
  expect(parseServicePort('http=8080/tcp')).toEqual({ name: 'http', port: 8080, protocol: 'tcp' }))
