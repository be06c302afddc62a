import type { CommandQuery, NewCommandOrder } from '@sanad/protocol/operator-api/commands'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

/** Often while something is under way: an operator waits for it. */
const WATCHED_MS = 2_000
const CALM_MS = 15_000

export const commandsQuery = (filter: CommandQuery) =>
  queryOptions({
    ...query('listCommands', { query: filter }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ finishedAt }) => finishedAt === null) === true
        ? WATCHED_MS
        : CALM_MS,
  })

export const commandQuery = (commandId: string) =>
  queryOptions({
    ...query('readCommand', { params: { commandId } }),
    refetchInterval: ({ state }) => (state.data?.finishedAt === null ? WATCHED_MS : false),
  })

export const orderCommand = (body: NewCommandOrder) => call('orderCommand', { body })

const COMMAND_ACTS = { cancel: 'cancelCommand', retry: 'retryCommand' } as const

export const actOnCommand = (commandId: string, act: keyof typeof COMMAND_ACTS) =>
  call(COMMAND_ACTS[act], { params: { commandId } })
