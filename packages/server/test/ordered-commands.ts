import type { CommandOrderView, CommandView } from '@sanad/protocol/operator-api/commands'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { settleCommands } from '../src/commands/command-jobs.ts'
import { readHead } from '../src/record/event-reader.ts'
import { newOrder, TestCommands } from './test-commands.ts'
import type { TestOperator } from './test-portal.ts'

/** What the tests of commands share: devices, operators and orders on a real database; each file has its own. */

export const INFORMATION = { type: 'collect-information', body: {} }
export const RESTART = { type: 'restart-service', body: { service: 'sbi' } }

export let commands: TestCommands
export let officer: TestOperator
export let operator: TestOperator
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
  operator = await commands.portal.signIn('operator')
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())
beforeEach(() => {
  commands.time.now += 60_000
})

export const options = () => ({
  database: commands.portal.db.database,
  clock: () => commands.time.now,
})
export const settle = () => settleCommands(options())
export const head = () => readHead(commands.portal.db.database)

export async function order(
  device: { readonly deviceId: string },
  command: object = INFORMATION,
  more: object = {},
  as = officer,
): Promise<string> {
  const payload = newOrder([device.deviceId], command, more)
  const reply = await as.ask('POST', '/commands', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json<CommandOrderView>().commands[0]?.commandId ?? ''
}
export const ask = (path: string, payload: object = {}) => officer.ask('POST', path, { payload })
export const view = async (commandId: string) =>
  (await officer.ask('GET', `/commands/${commandId}`)).json<CommandView>()
export const stateOf = async (commandId: string) => (await commands.rowOf(commandId)).state
export const typesOf = async (deviceId: string) =>
  (await commands.eventsOf(deviceId))
    .map(({ type }) => type)
    .filter((type) => type.startsWith('command'))

/** What `sanad_command` announces meanwhile. */
export async function listen(act: () => Promise<unknown>): Promise<string[]> {
  const client = new pg.Client(commands.portal.db.connection)
  await client.connect()
  const heard: string[] = []
  client.on('notification', ({ payload = '' }) => heard.push(payload))
  await client.query('listen sanad_command')
  await act()
  await client.query('select 1')
  await client.end()
  return heard
}
