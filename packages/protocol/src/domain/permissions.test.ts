import { expect, it } from 'vitest'
import { PERMISSIONS, ROLES, isPermitted, isRouteAccess, permissionsOf } from './permissions.ts'

it('gives the auditor nothing that changes anything', () => {
  for (const permission of permissionsOf('auditor')) {
    expect(permission).toMatch(/:(read|export)$/)
  }
})

it('gives the technician nothing that changes anything', () => {
  for (const permission of permissionsOf('technician')) expect(permission).toMatch(/:read$/)
})

it('gives each permission to somebody, and to no unknown role', () => {
  for (const roles of Object.values(PERMISSIONS)) {
    expect(roles.length).toBeGreaterThan(0)
    for (const role of roles) expect(ROLES).toContain(role)
  }
})

it('lets only administrators manage operators', () => {
  expect(ROLES.filter((role) => isPermitted(role, 'operator:manage'))).toEqual(['administrator'])
})

it('knows no permission by an inherited name', () => {
  expect(isRouteAccess('constructor')).toBe(false)
  expect(isRouteAccess(undefined)).toBe(false)
  expect(isRouteAccess('device:read')).toBe(true)
})
