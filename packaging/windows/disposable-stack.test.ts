import { describe, expect, it } from 'vitest'
import { DisposableStackOfNode22 } from './disposable-stack.ts'

interface Stack extends AsyncDisposable {
  readonly use: (resource: AsyncDisposable | undefined) => AsyncDisposable | undefined
  readonly defer: (dispose: () => void) => void
  readonly move: () => AsyncDisposable
  readonly disposeAsync: () => Promise<void>
}

/** What is true of both stands here once: Node's own, and the one for Node 22. */
describe.each<[string, new () => Stack]>([
  ['of Node itself', AsyncDisposableStack],
  ['for Node 22', DisposableStackOfNode22],
])('a stack of what has to be closed, %s', (_which, StackOf) => {
  const noting = (notes: string[], name: string): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      await Promise.resolve()
      notes.push(name)
    },
  })

  it('closes the last that came first, and each once', async () => {
    const notes: string[] = []
    const stack = new StackOf()
    stack.use(noting(notes, 'one'))
    stack.defer(() => void notes.push('two'))
    stack.use(undefined)
    expect(stack.use(noting(notes, 'three'))).toBeDefined()
    await stack.disposeAsync()
    await stack.disposeAsync()
    expect(notes).toEqual(['three', 'two', 'one'])
  })

  it('leaves to another stack what was moved there', async () => {
    const notes: string[] = []
    let moved: AsyncDisposable
    {
      await using stack = new StackOf()
      stack.use(noting(notes, 'one'))
      moved = stack.move()
    }
    expect(notes).toEqual([])
    await moved[Symbol.asyncDispose]()
    expect(notes).toEqual(['one'])
  })

  it('closes the others after one that fails, and tells of it', async () => {
    const notes: string[] = []
    const stack = new StackOf()
    stack.use(noting(notes, 'one'))
    stack.defer(() => {
      throw new Error('stuck')
    })
    await expect(stack.disposeAsync()).rejects.toThrow('stuck')
    expect(notes).toEqual(['one'])
  })
})
