import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SanadError } from '@sanad/protocol/problems'
import { loadConfig } from '../platform/config.ts'
import type { HsmConfig } from './hsm-config.ts'
import { hsmConfigOf } from './hsm-of-config.ts'
import { initialiseSoftHsmToken } from './software-token.ts'
import { checkToken, isUsable, type CheckRow } from './token-check.ts'

/**
 * `sanad token`: makes a SoftHSM2 token for development, and prints the part of the configuration that names it.
 * `sanad token check`: runs the whole contract with a token; exit status 1 if the server could not use it.
 */

const USAGE = `sanad token --directory <folder> [--label <label>]
sanad token check (--config <server.yaml> | --hsm <hsm.json>) [--without-key] [--json]
`

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        directory: { type: 'string' },
        label: { type: 'string', default: 'sanad' },
        config: { type: 'string' },
        hsm: { type: 'string' },
        'without-key': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
  } catch {
    return failWithUsage()
  }
}

const { values, positionals } = readArguments()

function failWithUsage(): never {
  process.stderr.write(USAGE)
  process.exit(2)
}

async function makeToken(directory: string): Promise<void> {
  const { module, tokenLabel, pinFile, environment } = await initialiseSoftHsmToken({
    directory: resolve(directory),
    label: values.label,
  })
  process.stdout.write(`${JSON.stringify({ module, tokenLabel, pinFile, environment }, null, 2)}\n`)
}

async function readHsmConfig(): Promise<HsmConfig> {
  if (values.config !== undefined) return hsmConfigOf(await loadConfig(values.config))
  if (values.hsm === undefined) failWithUsage()
  const given = parseJson(await readFile(values.hsm, 'utf8'))
  const { module, tokenLabel, pinFile } = given
  if ([module, tokenLabel, pinFile].some((one) => typeof one !== 'string'))
    throw new SanadError(
      'server.configuration-invalid',
      'module, tokenLabel and pinFile are needed',
    )
  return { mode: 'development', ...given } as HsmConfig
}

function parseJson(text: string): Partial<HsmConfig> {
  try {
    return { ...(JSON.parse(text) as object) }
  } catch (cause) {
    throw new SanadError('server.configuration-invalid', 'the file is not JSON', { cause })
  }
}

const SIGNS: Record<CheckRow['outcome'], string> = {
  works: '✓',
  'worked-around': '~',
  lacking: '✗',
  'not-tried': '·',
}

function describeRow({ part, outcome, code, detail }: CheckRow): string {
  const words = outcome.replace('-', ' ') + (code === undefined ? '' : ` (${code})`)
  return `${SIGNS[outcome]} ${part.padEnd(20)} ${words}: ${detail}\n`
}

async function printCheck(): Promise<void> {
  const rows = await checkToken(await readHsmConfig(), !values['without-key'])
  const usable = isUsable(rows)
  if (values.json)
    process.stdout.write(`${JSON.stringify({ isUsable: usable, parts: rows }, null, 2)}\n`)
  else {
    for (const row of rows) process.stdout.write(describeRow(row))
    process.stdout.write(`\nThe server ${usable ? 'can' : 'cannot'} use this token.\n`)
  }
  process.exitCode = usable ? 0 : 1
}

try {
  if (positionals[0] === 'check' && positionals.length === 1) await printCheck()
  else if (positionals.length === 0 && values.directory !== undefined)
    await makeToken(values.directory)
  else failWithUsage()
} catch (error) {
  process.stderr.write(`${error instanceof SanadError ? error.message : String(error)}\n`)
  process.exitCode = 1
}
