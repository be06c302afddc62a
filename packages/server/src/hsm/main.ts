import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError, need, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import { SanadError } from '@sanad/protocol/text/problems'
import { loadConfig } from '../platform/config.ts'
import type { HsmConfig } from './hsm-config.ts'
import { hsmConfigOf } from './hsm-of-config.ts'
import { initialiseSoftHsmToken } from './software-token.ts'
import { checkToken, isUsable, type CheckRow } from './token-check.ts'

/**
 * `sanad token`: makes a SoftHSM2 token for development, and prints the part of the configuration that names it.
 * `sanad token check`: runs the whole contract with a token; exit status 1 if the server could not use it.
 */

async function makeToken(directory: string, label = 'sanad'): Promise<void> {
  const { module, tokenLabel, pinFile, environment } = await initialiseSoftHsmToken({
    directory: resolve(directory),
    label,
  })
  process.stdout.write(`${JSON.stringify({ module, tokenLabel, pinFile, environment }, null, 2)}\n`)
}

interface Where {
  readonly config?: string | undefined
  readonly hsm?: string | undefined
}

async function readHsmConfig({ config, hsm }: Where): Promise<HsmConfig> {
  if (config !== undefined) return hsmConfigOf(await loadConfig(config))
  const given = parseJson(await readFile(need(hsm, '--config or --hsm'), 'utf8'))
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

function printCheck(rows: readonly CheckRow[], isJson: boolean): void {
  const usable = isUsable(rows)
  if (isJson)
    process.stdout.write(`${JSON.stringify({ isUsable: usable, parts: rows }, null, 2)}\n`)
  else {
    for (const row of rows) process.stdout.write(describeRow(row))
    process.stdout.write(`\nThe server ${usable ? 'can' : 'cannot'} use this token.\n`)
  }
}

await runProgram(PROGRAMS.token, async ({ values, positionals: [verb] }) => {
  if (verb === undefined)
    return makeToken(need(values.directory, '--directory <folder>'), values.label)
  if (verb !== 'check') throw new UsageError(`there is no “${verb}”; there is: check`)
  const rows = await checkToken(await readHsmConfig(values), values['without-key'] !== true)
  printCheck(rows, values.json === true)
  return isUsable(rows) ? 0 : 1
})
