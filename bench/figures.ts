/** What a benchmark found: figures, and a ratio against a baseline measured in the same run. */
export interface Finding {
  readonly name: string
  readonly figures: Readonly<Record<string, number | string>>
  /** Measured rate over baseline rate. */
  readonly ratio?: number
  /** What the design asks for. */
  readonly target?: number
}

export function printFindings(findings: readonly Finding[]): void {
  for (const { name, figures, ratio, target } of findings) {
    process.stdout.write(`\n${name}\n`)
    for (const [label, value] of Object.entries(figures))
      process.stdout.write(`  ${label.padEnd(44)} ${formatValue(value)}\n`)
    if (ratio === undefined) continue
    const goal = target === undefined ? '' : ` (to reach: ${formatPercent(target)})`
    process.stdout.write(`  ${'of the baseline'.padEnd(44)} ${formatPercent(ratio)}${goal}\n`)
  }
}

const formatPercent = (ratio: number): string => `${(ratio * 100).toFixed(0)} %`

const formatValue = (value: number | string): string =>
  typeof value === 'string'
    ? value
    : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 })

export interface Rate {
  readonly perSecond: number
  /** By the time that this process computed: what others on the machine do counts less. */
  readonly perProcessorSecond: number
}

/** How often `work` runs in a second of this process, over `seconds`. */
export function measureRate(work: () => void, seconds = 3): Rate {
  for (let i = 0; i < 200; i++) work()
  const start = performance.now()
  const before = process.cpuUsage()
  let runs = 0
  while (performance.now() - start < seconds * 1000) {
    work()
    runs++
  }
  const { user, system } = process.cpuUsage(before)
  return {
    perSecond: (runs * 1000) / (performance.now() - start),
    perProcessorSecond: (runs * 1_000_000) / (user + system),
  }
}
