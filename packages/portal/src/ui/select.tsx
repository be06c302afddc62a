import { Select as Base } from '@base-ui/react/select'
import { clsx } from 'clsx'
import { Check, ChevronsUpDown } from 'lucide-react'
import { controlClass } from './field.tsx'

export interface Choice<Value extends string> {
  readonly value: Value
  readonly label: string
  readonly note?: string
}

interface SelectProps<Value extends string> {
  readonly value: Value | undefined
  readonly choices: readonly Choice<Value>[]
  readonly onChange: (value: Value) => void
  readonly placeholder?: string
  readonly id?: string
  readonly className?: string
  readonly 'aria-label'?: string
  readonly 'aria-describedby'?: string | undefined
  readonly 'aria-invalid'?: true | undefined
}

export function Select<Value extends string>({
  value,
  choices,
  onChange,
  placeholder,
  className,
  ...control
}: SelectProps<Value>) {
  const chosen = choices.find((choice) => choice.value === value)
  return (
    <Base.Root<Value>
      value={value ?? null}
      onValueChange={(next) => {
        if (next !== null) onChange(next)
      }}
      items={choices.map((choice) => ({ value: choice.value, label: choice.label }))}
    >
      <Base.Trigger
        {...control}
        className={clsx(
          controlClass,
          'inline-flex h-9 items-center justify-between gap-2',
          className ?? 'w-full',
        )}
      >
        <span className={clsx('truncate', chosen === undefined && 'text-muted')}>
          {chosen?.label ?? placeholder}
        </span>
        <ChevronsUpDown aria-hidden="true" className="size-3.5 shrink-0 text-faint" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <Base.Popup className="max-h-72 max-w-[min(32rem,calc(100vw-2rem))] min-w-(--anchor-width) overflow-y-auto rounded-lg bg-raised p-1 shadow-lift outline-none">
            <Base.List>
              {choices.map((choice) => (
                <Base.Item
                  key={choice.value}
                  value={choice.value}
                  className="flex cursor-default items-center gap-2 rounded-sm py-1.5 ps-2 pe-3 text-13 outline-none select-none data-highlighted:bg-hover"
                >
                  <span className="inline-flex size-4 shrink-0 items-center">
                    <Base.ItemIndicator>
                      <Check aria-hidden="true" className="size-3.5 text-accent" />
                    </Base.ItemIndicator>
                  </span>
                  <Base.ItemText className="min-w-0 flex-1 wrap-anywhere">
                    {choice.label}
                  </Base.ItemText>
                  {choice.note !== undefined && (
                    <span className="ps-4 text-12 text-muted">{choice.note}</span>
                  )}
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
