import { describeError } from './errors/describe-error.ts'
import { undoStack } from './undo.ts'

describe('undoStack', () => {
  it('takes everything back, newest first, when the block fails', async () => {
    const calls: string[] = []
    const work = async () => {
      await using undo = undoStack()
      undo.push('a', () => calls.push('a'))
      undo.push('b', async () => calls.push('b'))
      throw new Error('half way')
    }
    await expect(work()).rejects.toThrow('half way')
    expect(calls).toEqual(['b', 'a'])
  })

  it('keeps everything when told so', async () => {
    const calls: string[] = []
    {
      await using undo = undoStack()
      undo.push('a', () => calls.push('a'))
      undo.keep()
    }
    expect(calls).toEqual([])
  })

  it('goes on after a failing step, and returns and logs every failure', async () => {
    const calls: string[] = []
    const logged: string[] = []
    const undo = undoStack({ warn: (_: unknown, message?: string) => void logged.push(String(message)) })
    undo.push('a', () => calls.push('a'))
    undo.push('b', () => {
      throw new Error('busy')
    })
    const failures = await undo.unwind()
    expect(failures.map(describeError)).toEqual(['cannot undo "b": busy'])
    expect(logged).toEqual(['cannot undo "b": busy'])
    expect(calls).toEqual(['a'])
    expect(await undo.unwind()).toEqual([])
  })
})
