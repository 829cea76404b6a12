import { effect, signal } from '@preact/signals'

/** What was chosen; `auto` follows the system. */
export type ThemeChoice = 'auto' | 'light' | 'dark'

const stored = (): ThemeChoice => {
  try {
    const word = localStorage.getItem('gradus-theme')
    return word === 'light' || word === 'dark' ? word : 'auto'
  } catch {
    return 'auto'
  }
}

export const theme = signal<ThemeChoice>(stored())

effect(() => {
  const { value } = theme
  if (value === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = value
  try {
    localStorage.setItem('gradus-theme', value)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
})

/** From what the system has to the other, and back. */
export const nextTheme = (): void => {
  const dark = theme.value === 'auto' ? matchMedia('(prefers-color-scheme: dark)').matches : theme.value === 'dark'
  theme.value = dark ? 'light' : 'dark'
}
