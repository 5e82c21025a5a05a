import { destinationCookie } from './destination-cookie.ts'

it('is XML that ends with a NUL, with what is markup escaped', () => {
  const cookie = destinationCookie({ name: 'a<b&c', uuid: 'u', hostname: 'h', hostUuid: 'hu' }).toString()
  expect(cookie).toBe(
    '<qemu-migration><name>a&lt;b&amp;c</name><uuid>u</uuid><hostname>h</hostname><hostuuid>hu</hostuuid></qemu-migration>\0',
  )
})
