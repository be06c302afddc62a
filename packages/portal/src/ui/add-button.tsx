import { Plus } from 'lucide-react'
import { Button, type ButtonProps } from './button.tsx'

/** Opens the form for one more of what the page lists. */
export function AddButton(props: Omit<ButtonProps, 'icon'>) {
  return <Button shape="primary" icon={<Plus aria-hidden="true" className="size-4" />} {...props} />
}
