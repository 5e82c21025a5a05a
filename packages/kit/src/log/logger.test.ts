import { createLogger, silentLogger } from './logger.ts'

function capture() {
  const lines: string[] = []
  return { to: { write: (line: string) => void lines.push(line) }, events: () => lines.map((line) => JSON.parse(line)) }
}

describe('createLogger', () => {
  it('writes one JSON line per event with component, level, time and ids', () => {
    const { to, events } = capture()
    createLogger({ component: 'node-agent', to }).child({ node: 'pi-01' }).info({ instance: 'in-1' }, 'started')
    expect(events()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        component: 'node-agent',
        node: 'pi-01',
        instance: 'in-1',
        msg: 'started',
      },
    ])
  })

  it('tells the whole chain of an error in its message', () => {
    const { to, events } = capture()
    const err = new Error('cannot start', { cause: new Error('no memory') })
    createLogger({ component: 'x', to }).error({ err }, 'failed')
    expect(events()[0].err).toMatchObject({ name: 'Error', message: 'cannot start: no memory' })
  })

  it('hides secrets and obeys its level', () => {
    const { to, events } = capture()
    const log = createLogger({ component: 'x', level: 'warn', to })
    log.info('not shown')
    log.warn({ token: 'abc', headers: { authorization: 'Bearer abc' } }, 'shown')
    expect(events()).toHaveLength(1)
    expect(JSON.stringify(events())).not.toContain('abc')
  })

  it('can be silent', () => expect(() => silentLogger().error('nothing')).not.toThrow())
})
