import { parseArgs } from 'node:util'
import { SanadError } from '@sanad/protocol/problems'
import { loadConfig } from '../platform/config.ts'
import { openServerDatabase } from '../platform/server-database.ts'
import { createFirstOperator } from './operator-accounts.ts'

/** `sanad operator --config server.yaml --name admin [--password-file file]`: the first administrator. */
const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    name: { type: 'string' },
    'password-file': { type: 'string' },
  },
})

async function run(path: string, name: string): Promise<void> {
  const { database, close } = await openServerDatabase(await loadConfig(path))
  try {
    const passwordFile = values['password-file']
    const { isCreated, oneTimePassword } = await createFirstOperator(database, {
      name,
      ...(passwordFile !== undefined && { passwordFile }),
    })
    if (!isCreated)
      process.stdout.write('There is an operator already; new ones are made in the portal.\n')
    else if (oneTimePassword !== undefined)
      process.stdout.write(`One-time password of ${name}: ${oneTimePassword}\n`)
  } finally {
    await close()
  }
}

if (values.config === undefined || values.name === undefined) {
  process.stderr.write(
    'sanad operator --config <server.yaml> --name <name> [--password-file <file>]\n',
  )
  process.exit(2)
}
try {
  await run(values.config, values.name)
} catch (error) {
  process.stderr.write(`${error instanceof SanadError ? error.message : String(error)}\n`)
  process.exitCode = 1
}
