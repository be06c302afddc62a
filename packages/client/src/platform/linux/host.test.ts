import { describe, expect, it } from 'vitest'
import { readMachineId } from './host.ts'

describe('The machine id', () => {
  it('is taken as it is written', () => {
    const id = '0123456789abcdef0123456789abcdef'
    expect(readMachineId(Buffer.from(`${id}\n`))).toBe(id)
  })

  it.each([
    ['the file is missing', undefined],
    ['the first boot is not done', Buffer.from('uninitialized\n')],
    ['the file is empty, as in an image', Buffer.alloc(0)],
  ])('is none while %s', (_, file) => {
    expect(readMachineId(file)).toBe('')
  })
})
