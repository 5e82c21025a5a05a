import { UsageError } from '../exit-code.ts'
import { parseDurationMs } from './duration.ts'
import { formatLabels, parseLabelPatch, parseLabels } from './label.ts'
import { parseNodeRange, parseNodeRanges } from './node-range.ts'
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

describe('parseNodeRange', () => {
  it.each([
    ['pi-07', ['pi-07']],
    ['pi[01-03]', ['pi01', 'pi02', 'pi03']],
    ['pi[8-10,12]', ['pi8', 'pi9', 'pi10', 'pi12']],
    ['rack[1-2]-a', ['rack1-a', 'rack2-a']],
    ['pi[5]', ['pi5']],
  ])('%s', (text, nodes) => expect(parseNodeRange(text)).toEqual(nodes))
  it.each(['pi[', 'pi[]', 'pi[a-b]', 'pi[3-1]', 'pi[1-]', 'pi[1,]', 'pi[1-3', 'pi[1][2]', 'pi[0-9999]'])(
    'refuses %p',
    (text) => expect(() => parseNodeRange(text)).toThrow(UsageError),
  )
  it('names each node once', () => expect(parseNodeRanges(['a[1-2]', 'a2'])).toEqual(['a1', 'a2']))
})

describe('labels', () => {
  it('are key and value, of which the second may be empty and hold =', () =>
    expect(parseLabels(['a=1', 'b=', 'c=x=y'])).toEqual({ a: '1', b: '', c: 'x=y' }))
  it.each(['a', '=1', ''])('refuses %p', (word) => expect(() => parseLabels([word])).toThrow(UsageError))
  it('are taken away with a dash', () =>
    expect(parseLabelPatch(['a=1', 'b-', 'c=d-'])).toEqual({ a: '1', b: null, c: 'd-' }))
  it('are shown as they are given', () => expect(formatLabels({ a: '1', b: '' })).toBe('a=1 b='))
})
