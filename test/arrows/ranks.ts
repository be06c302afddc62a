import type { Ranks } from './imports.ts'

/**
 * The ranks of docs/architecture.md, lowest first: a slice imports only from ranks below its own, and a statement
 * names only tables of its own slice and of ranks below. A file that stands beside the slices counts as one.
 */
export const RANKS = {
  protocol: [['text'], ['asn1'], ['domain'], ['wire', 'operator-api']],
  server: [
    ['version.ts'],
    ['platform'],
    ['record', 'hsm'],
    ['certificates', 'operators'],
    ['ceremony', 'models', 'webhooks'],
    ['devices'],
    ['groups', 'revocation', 'messages'],
    ['policies', 'telemetry', 'channel', 'imports'],
    ['registration', 'purge', 'foresight'],
    ['fleet'],
    ['rotation', 'findings'],
    ['check-ins'],
    ['commands'],
    ['campaigns', 'bulk', 'time'],
    ['trust'],
    ['compose'],
  ],
  client: [
    ['platform'],
    ['base', 'log'],
    ['discovery', 'hand-over', 'state'],
    ['explain', 'facts', 'key-stores'],
    ['commands'],
    ['trusted-time'],
    ['server-link'],
    ['channel', 'sbi-time'],
    ['device'],
    ['agent'],
    ['client.ts'],
  ],
  portal: [
    ['api', 'locales'],
    ['i18n'],
    ['ui'],
    ['certificates', 'pages', 'session'],
    ['facts', 'imports', 'models', 'operators', 'webhooks'],
    ['policies', 'proposals', 'record', 'trust'],
    ['campaigns'],
    ['commands', 'keys'],
    ['device', 'findings'],
    ['bulk'],
    ['devices', 'groups'],
    ['registration'],
    ['frame', 'overview'],
    ['routes'],
    ['router.tsx'],
    ['main.tsx'],
  ],
} as const satisfies Record<string, Ranks>

/** Tables that a function of the database writes, and views: by the slice that calls the one and declares the other. */
export const WRITTEN_IN_DATABASE: Readonly<Record<string, string>> = {
  event: 'record',
  event_head: 'record',
  event_note: 'record',
  recorded_event: 'record',
}
