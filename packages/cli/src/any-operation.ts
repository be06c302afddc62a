import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { addressOf } from '@sanad/protocol/operator-api/ask'
import { OPERATION_ROUTES } from '@sanad/protocol/operator-api/operation-routes'
import type { OperationId } from '@sanad/protocol/operator-api/operations'
import { print } from './terminal.ts'
import { UsageError } from '@sanad/command-line/program'
import { type Said, type Verb, need, text } from './verb.ts'

/** Every operation of the API by its name, so that nothing the portal can do is out of reach. */

async function callOperation(said: Said): Promise<void> {
  const name = need(said, 0, 'an operation')
  if (!isOperation(name))
    throw new UsageError(
      `no such operation; there are: ${Object.keys(OPERATION_ROUTES).join(', ')}`,
    )
  const given = new Map(said.positionals.slice(1).map(readParameter))
  const params: Record<string, string> = {}
  for (const [, parameter = ''] of OPERATION_ROUTES[name].matchAll(/:(\w+)/g)) {
    const value = given.get(parameter)
    if (value === undefined) throw new UsageError(`${parameter}=… is missing`)
    given.delete(parameter)
    params[parameter] = value
  }
  const file = text(said, 'body')
  const body: unknown = file === undefined ? undefined : JSON.parse(await readFile(file, 'utf8'))
  const asked = {
    ...addressOf(name, params),
    query: Object.fromEntries(given),
    ...(body !== undefined && { body }),
  }
  if (said.options['raw'] === true)
    return pipeline(await said.connection.stream(asked), said.terminal.out, { end: false })
  const answer = await said.connection.ask<unknown>(asked)
  print(said.terminal, answer ?? null, () =>
    typeof answer === 'string' ? answer : JSON.stringify(answer ?? null, null, 2),
  )
}

const isOperation = (name: string): name is OperationId => Object.hasOwn(OPERATION_ROUTES, name)

function readParameter(word: string): readonly [string, string] {
  const at = word.indexOf('=')
  if (at < 1) throw new UsageError(`${word} is not name=value`)
  return [word.slice(0, at), word.slice(at + 1)]
}

export const ANY_OPERATION: Verb = {
  name: 'api',
  usage: '<operation> [name=value]… [--body <file.json>] [--raw]',
  summary: 'call any operation of the API by its name',
  options: { body: { type: 'string' }, raw: { type: 'boolean' } },
  run: callOperation,
}
