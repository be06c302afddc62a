import { OPERATIONS } from '@sanad/protocol/operator-api/operations'
import { expect, test } from 'vitest'
import { ROUTES } from '../mock-api/routes.ts'

const EXAMPLE = '0a1b2c3d-0a1b-7a1b-8a1b-0a1b2c3d4e5f'
const SERIAL_NUMBER = '0a1b2c3d4e5f'

test('the mock asks for the permission that the server asks for, on every route it has', () => {
  const asked = ROUTES.map(({ method, path, permission }) => {
    const real = Object.values(OPERATIONS).find(({ route }) => {
      const [verb, template = ''] = route.split(' ')
      const first = template.replace(/:\w+/, EXAMPLE)
      // The second is a serial number, or another id.
      const examples = [SERIAL_NUMBER, EXAMPLE].map((second) => first.replace(/:\w+/, second))
      return verb === method && examples.some((example) => path.test(example))
    })
    return { path: path.source, permission, real: real?.access }
  })
  expect(asked.filter(({ permission, real }) => permission !== real)).toEqual([])
})
