import { row } from './row.ts'

/** The server itself, its database and its clock. */
export const SERVER_PROBLEMS = {
  'time.not-trusted': row(503, 'The server does not trust its own clock at present.', true),
  'database.unavailable': row(503, 'The database does not answer.', true),
  'server.overloaded': row(503, 'The server is busy.', true),
  'server.too-slow': row(503, 'The server could not finish this in time.', true),
  'server.already-running': row(500, 'Another server uses this data folder.'),
  'database.newer': row(500, 'The database was migrated by a newer version of this server.'),
  'server.configuration-invalid': row(500, 'The configuration is not valid.'),
  'server.internal': row(500, 'Something went wrong on the server.'),
} as const
