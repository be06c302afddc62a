import { join } from 'node:path'
import { build } from 'rolldown'

/**
 * The agent as one file, for the computers beside the devices: no package manager there, and half of the
 * memory, because nothing is stripped or linked at the start.
 */
const ROOT = join(import.meta.dirname, '..')

await build({
  input: join(ROOT, 'src', 'agent', 'main.ts'),
  platform: 'node',
  output: { file: join(ROOT, 'dist', 'sanad-client.js'), format: 'esm', minify: true },
  logLevel: 'warn',
})
