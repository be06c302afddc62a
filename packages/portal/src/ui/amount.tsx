import { Field, TextInput } from './field.tsx'

interface AmountProps {
  readonly label: string
  readonly hint?: string
  readonly min?: number
  readonly max: number
  readonly value: number
  readonly onChange: (value: number) => void
}

/** A whole number under its label. */
export function Amount({ label, hint, min = 1, max, value, onChange }: AmountProps) {
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(control) => (
        <TextInput
          {...control}
          type="number"
          required
          min={min}
          max={max}
          value={value}
          onChange={({ target }) => {
            if (Number.isInteger(target.valueAsNumber)) onChange(target.valueAsNumber)
          }}
        />
      )}
    </Field>
  )
}
