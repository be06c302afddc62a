/** Every text, by the name of its file: `devices.json` holds `devices.…`. */
export interface English {
  readonly approvals: typeof import('./approvals.json')
  readonly device: typeof import('./device.json')
  readonly devices: typeof import('./devices.json')
  readonly frame: typeof import('./frame.json')
  readonly imports: typeof import('./imports.json')
  readonly models: typeof import('./models.json')
  readonly overview: typeof import('./overview.json')
  readonly problems: typeof import('./problems.json')
  readonly reasons: typeof import('./reasons.json')
  readonly record: typeof import('./record.json')
  readonly refusals: typeof import('./refusals.json')
  readonly session: typeof import('./session.json')
  readonly trust: typeof import('./trust.json')
  readonly ui: typeof import('./ui.json')
  readonly events: typeof import('./events.json')
}

const files = import.meta.glob<Record<string, unknown>>('./*.json', {
  eager: true,
  import: 'default',
})

export const english = Object.fromEntries(
  Object.entries(files).map(([path, texts]) => [path.slice('./'.length, -'.json'.length), texts]),
)
