import { expect, it } from 'vitest'
import { isSupportCode } from './support-code.ts'

it('knows a support code by its form, in either case', () => {
  expect(['7KQ2-M4XH', '7kq2-m4xh'].every(isSupportCode)).toBe(true)
  expect(['7KQ2M4XH', '7KQ2-M4X', '0KQ2-M4XH', 'IKQ2-M4XH'].some(isSupportCode)).toBe(false)
})
