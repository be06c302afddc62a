import { clsx } from 'clsx'

interface SegmentsProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly onChange: (value: Value) => void
  readonly choices: readonly { readonly value: Value; readonly label: string }[]
}

/** One of a few, all in sight. */
export function Segments<Value extends string>(props: SegmentsProps<Value>) {
  return (
    <div
      role="group"
      aria-label={props.label}
      className="flex max-w-full flex-wrap gap-0.5 rounded-md bg-sunken p-0.5 ring-1 ring-line ring-inset"
    >
      {props.choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === props.value}
          onClick={() => props.onChange(choice.value)}
          className={clsx(
            'h-8 rounded-sm px-3 text-13 whitespace-nowrap transition-colors',
            choice.value === props.value
              ? 'bg-surface font-medium ring-1 ring-line-strong'
              : 'text-muted hover:text-ink',
          )}
        >
          {choice.label}
        </button>
      ))}
    </div>
  )
}
