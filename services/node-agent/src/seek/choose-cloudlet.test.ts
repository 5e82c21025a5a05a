import type { FoundService } from '@bramble/mdns'
import { chooseCloudlet } from './choose-cloudlet.ts'

const shelf: FoundService = {
  ...{ type: '_cloudlet._tcp', label: 'shelf', addresses: ['10.0.0.1'], port: 8080 },
  ...{ txt: { encryption: 'none' }, firstMs: 0, heardMs: 0 },
}

it('the one cloudlet that is found is taken', () => {
  expect(chooseCloudlet([shelf])).toBe('http://10.0.0.1:8080')
  expect(chooseCloudlet([{ ...shelf, port: 443, txt: { encryption: 'tls' } }])).toBe('https://10.0.0.1:443')
})

it('between several none is chosen, but all are named', () => {
  const lab = { ...shelf, label: 'lab', addresses: ['10.0.0.2'] }
  expect(() => chooseCloudlet([lab, shelf])).toThrow(
    /master\.url.*: lab at 10\.0\.0\.2:8080, shelf at 10\.0\.0\.1:8080$/,
  )
})

it('one that does not say how it is reached is not tried', () => {
  expect(() => chooseCloudlet([{ ...shelf, txt: {} }])).toThrow('shelf does not say')
})
