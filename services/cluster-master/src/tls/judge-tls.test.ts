import { MasterSettings } from '../settings.ts'
import { publicUrlOf, speaksTls } from './judge-tls.ts'

const host = '10.0.0.1'
const read = (settings: object) => MasterSettings.safeParse(settings)

describe('the API', () => {
  it.each([
    ['on loopback', {}, undefined, false],
    ['that others reach', { http: { host } }, undefined, true],
    ['on every address', { http: { host: '0.0.0.0' } }, undefined, true],
    ['that is told to', { http: { tls: 'on' } }, undefined, true],
    [
      'behind a port of loopback',
      { http: { host: '0.0.0.0', allowPlain: true }, publicUrl: '//127.0.0.1:1' },
      'http:',
      false,
    ],
    [
      'behind a port that others reach',
      { http: { host: '0.0.0.0', allowPlain: true }, publicUrl: `//${host}:1` },
      'https:',
      true,
    ],
    ['with a public name', { publicUrl: 'https://cloudlet.example.org' }, 'https:', true],
    [
      'behind a proxy that speaks it',
      { http: { tls: 'off' }, publicUrl: 'https://cloudlet.example.org' },
      'https:',
      false,
    ],
    ['of a network that is its own', { http: { host, tls: 'off', allowPlain: true } }, undefined, false],
    ['that may be plain', { http: { host, allowPlain: true } }, undefined, false],
    ['there, with a URL', { http: { tls: 'off', allowPlain: true }, publicUrl: `//${host}:1` }, 'http:', false],
    ['on loopback with a URL', { publicUrl: '//127.0.0.1:1' }, 'http:', false],
  ])('%s speaks TLS as it should: %j', (_which, settings, protocol, expected) => {
    const { data } = read(settings)
    expect(speaksTls(data!)).toBe(expected)
    const url = publicUrlOf(data!)
    expect(url && new URL(url).protocol).toBe(protocol)
  })

  it.each([
    ['http.tls', { http: { host, tls: 'off' } }],
    ['http.tls', { http: { tls: 'off' }, publicUrl: `http://${host}:8080` }],
    ['http.tls', { http: { tls: 'off' }, publicUrl: `//${host}:8080` }],
    ['publicUrl', { publicUrl: `http://${host}:8080` }],
    ['publicUrl', { http: { tls: 'on' }, publicUrl: 'http://127.0.0.1:8080' }],
    ['publicUrl', { publicUrl: 'ftp://x' }],
    ['http.keyFile', { http: { certificateFile: '/a.crt' } }],
    ['http.keyFile', { http: { keyFile: '/a.key' } }],
  ])('is refused at %s: %j', (path, settings) => {
    expect(read(settings).error?.issues.map((it) => it.path.join('.'))).toEqual([path])
  })

  it('is told the one setting by which it may be plain', () => {
    expect(read({ http: { host, tls: 'off' } }).error?.message).toContain('http.allowPlain: true')
  })
})
