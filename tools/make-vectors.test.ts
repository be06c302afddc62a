import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeVectors } from './make-vectors.ts'
import { VECTORS_DIRECTORY } from './vectors/test-keys.ts'

it('the published vectors are what the tool makes, in every run', async () => {
  const made = await makeVectors()
  for (const [name, content] of Object.entries(made)) {
    const published = readFileSync(join(VECTORS_DIRECTORY, `${name}.json`), 'utf8')
    expect(JSON.parse(published), name).toEqual(JSON.parse(JSON.stringify(content)))
  }
})
