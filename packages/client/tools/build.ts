import { join } from 'node:path'
import { build } from 'rolldown'

/**
 * The agent as one file, for the computers beside the devices: no package manager there, and half of the
 * memory, because nothing is stripped or linked at the start.
 */
const ROOT = join(import.meta.dirname, '..')
const [, , folder = join(ROOT, 'dist')] = process.argv

async function bundle(source: string, file: string): Promise<void> {
  await build({
    input: join(ROOT, 'src', source),
    platform: 'node',
    // A native module cannot be bundled; only who configures a token needs it beside.
    external: ['pkcs11js'],
    // One file, also of what is loaded only when it is asked for.
    output: { file: join(folder, file), format: 'esm', minify: true, codeSplitting: false },
    logLevel: 'warn',
  })
}

await bundle('agent/main.ts', 'sanad-client.js')
await bundle('key-stores/token/token-process.ts', 'sanad-token-process.js')
