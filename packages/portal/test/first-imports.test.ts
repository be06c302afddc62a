import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

/** What the first paint imports, read off the source: a library there costs everybody who only signs in. */

const PACKAGES = join(import.meta.dirname, '..', '..')
const FIRST = ['portal/src/main.tsx', 'portal/src/session/sign-in-page.tsx'].map((path) =>
  join(PACKAGES, path),
)

/** `import { type X }` keeps the import of the file (`verbatimModuleSyntax`); only `import type` goes. */
const IMPORT = /^(?:import|export)\s+(?!type\b)[^'"]*?from '([^']+)'/gm

/** Packages, each with the file that asks for it. */
function packagesOfFirstPaint(): ReadonlyMap<string, string> {
  const packages = new Map<string, string>()
  const open = [...FIRST]
  const seen = new Set(open)
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const target = fileOf(path, specifier)
      if (target === undefined) packages.set(specifier, path.slice(PACKAGES.length))
      else if (/\.tsx?$/.test(target) && !seen.has(target)) {
        seen.add(target)
        open.push(target)
      }
    }
  }
  return packages
}

function fileOf(from: string, specifier: string): string | undefined {
  const ours = /^@sanad\/protocol\/(.+)$/.exec(specifier)?.[1]
  if (ours !== undefined) return join(PACKAGES, 'protocol', 'src', `${ours}.ts`)
  if (!specifier.startsWith('.')) return undefined
  const path = join(dirname(from), specifier)
  expect(existsSync(path), `${from} → ${specifier}`).toBe(true)
  return path
}

it('the first paint has no schemas in it, nor the library that makes them', () => {
  const packages = packagesOfFirstPaint()
  expect([...packages.keys()]).toContain('react-dom/client')
  expect(packages.get('typebox'), 'imports typebox').toBeUndefined()
  expect(packages.get('typebox/compile'), 'imports typebox').toBeUndefined()
})
