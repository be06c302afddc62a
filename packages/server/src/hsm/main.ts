import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { initialiseSoftHsmToken } from './software-token.ts'

/** `sanad token`: makes a SoftHSM2 token for development, and prints the part of the configuration that names it. */
const { values } = parseArgs({
  options: { directory: { type: 'string' }, label: { type: 'string', default: 'sanad' } },
})
if (values.directory === undefined) {
  process.stderr.write('sanad token --directory <folder> [--label <label>]\n')
  process.exit(2)
}
const { module, tokenLabel, pinFile, environment } = await initialiseSoftHsmToken({
  directory: resolve(values.directory),
  label: values.label,
})
process.stdout.write(`${JSON.stringify({ module, tokenLabel, pinFile, environment }, null, 2)}\n`)
