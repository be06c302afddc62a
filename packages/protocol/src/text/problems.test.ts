import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROBLEMS } from './problems.ts'

const AREAS = join(import.meta.dirname, 'problems')

async function codesOf(file: string): Promise<readonly string[]> {
  const module = (await import(join(AREAS, file))) as Record<string, object>
  return Object.values(module).flatMap((table) => Object.keys(table))
}

describe('the table of problems', async () => {
  const files = readdirSync(AREAS).filter((file) => file !== 'row.ts')
  const codes = (await Promise.all(files.map(codesOf))).flat()

  it('declares each code in one area only, and has those of every area', () => {
    expect(Object.keys(PROBLEMS).toSorted()).toEqual(codes.toSorted())
  })
})
